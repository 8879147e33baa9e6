"""What the embedded engine is told at its start: memory that leaves room for others, and writes that survive."""

from pathlib import Path
from xml.sax.saxutils import escape

import psutil

from store.files import write_whole

_MEBIBYTE = 1 << 20

# A part below so many bytes is one file instead of two for every column: an insert into several tables would else
# create and sync thousands (14,500 for a million rows of EVE with 10 MiB, 5,800 with 32). Of larger ones rules read a
# few columns: with compact parts up to 128 MiB, `python -m benchmarks.detect` judged a fifth fewer events a second;
# with 32 it judges as many as with 10.
_COMPACT_BYTES = 32 * _MEBIBYTE

_SERVER = """<clickhouse>
  <users_config>{users}</users_config>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <mark_cache_size>{cache}</mark_cache_size>
  <index_mark_cache_size>{cache}</index_mark_cache_size>
  <primary_index_cache_size>{cache}</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <mmap_cache_size>128</mmap_cache_size>
  <compiled_expression_cache_size>{expressions}</compiled_expression_cache_size>
  <query_log>
    <database>system</database>
    <table>query_log</table>
    <ttl>event_date + INTERVAL 1 DAY</ttl>
  </query_log>
  <send_crash_reports><enabled>false</enabled></send_crash_reports>
  <backups><allowed_path>/</allowed_path></backups>
  <merge_tree>
    <min_bytes_for_wide_part>{compact}</min_bytes_for_wide_part>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>
  </merge_tree>
</clickhouse>
"""

# An insert is answered when its parts are written, never queued; a generated rule query may be long. A query is logged
# only where it asks to be: whoever measures does.
_USERS = """<clickhouse>
  <profiles><default>
    <async_insert>0</async_insert>
    <log_queries>0</log_queries>
    <max_memory_usage>{query_memory}</max_memory_usage>
    <max_bytes_before_external_group_by>{spill}</max_bytes_before_external_group_by>
    <max_bytes_before_external_sort>{spill}</max_bytes_before_external_sort>
    <max_query_size>67108864</max_query_size>
    <max_ast_elements>1000000</max_ast_elements>
    <max_expanded_ast_elements>2000000</max_expanded_ast_elements>
  </default></profiles>
  <roles>
    <writing><grants><query>GRANT ALL ON *.*</query></grants></writing>
    <reading><grants><query>GRANT SELECT, SHOW, dictGet ON *.*</query></grants></reading>
  </roles>
  <users><default>
    <password></password><profile>default</profile><quota>default</quota>
    <networks><ip>::/0</ip></networks>
    <grants><query>GRANT writing</query><query>GRANT reading</query></grants>
  </default></users>
  <quotas><default/></quotas>
</clickhouse>
"""


def write_configuration(folder: Path, *, total_memory: int | None = None) -> Path:
    """The engine's configuration file, written anew for the memory of this machine.

    Args:
        folder: where the file and the one it refers to go.
        total_memory: bytes of memory of the machine; asked from the system by default.
    """
    memory = server_memory(total_memory or psutil.virtual_memory().total)
    users = folder / "users.xml"
    server = folder / "server.xml"
    cache = max(memory // 20, 32 * _MEBIBYTE)
    write_whole(users, _USERS.format(query_memory=memory * 3 // 4, spill=memory // 3))
    limits = {"memory": memory, "cache": cache, "expressions": 32 * _MEBIBYTE, "compact": _COMPACT_BYTES}
    write_whole(server, _SERVER.format(users=escape(str(users)), **limits))
    return server


def server_memory(total: int) -> int:
    """The bytes that the engine may use out of a machine's total: half, but never less than 768 MiB."""
    return max(total // 2, 768 * _MEBIBYTE)
