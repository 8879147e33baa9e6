"""What the engine is told: memory that fits the machine, and writes that are on disk when they are answered."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from store.configuration import server_memory, write_configuration

_GIBIBYTE = 1 << 30


@pytest.mark.parametrize(
    ("total", "allowed"),
    [(24 * _GIBIBYTE, 12 * _GIBIBYTE), (4 * _GIBIBYTE, 2 * _GIBIBYTE), (_GIBIBYTE, 768 << 20)],
    ids=["24 GiB", "4 GiB", "1 GiB"],
)
def test_the_engine_leaves_half_of_the_machine(total: int, allowed: int) -> None:
    assert server_memory(total) == allowed


@pytest.mark.parametrize("total", [4 * _GIBIBYTE, 24 * _GIBIBYTE])
def test_caches_and_queries_stay_within_the_engine(tmp_path: Path, total: int) -> None:
    server = ET.parse(write_configuration(tmp_path, total_memory=total)).getroot()  # noqa: S314
    users = ET.parse(str(server.findtext("users_config"))).getroot()  # noqa: S314
    memory = int(server.findtext("max_server_memory_usage") or 0)
    caches = sum(int(entry.text or 0) for entry in server if entry.tag.endswith("_cache_size"))
    assert caches < memory // 2
    profile = {entry.tag: int(entry.text or 0) for entry in users.findall("profiles/default/*")}
    assert profile["max_bytes_before_external_sort"] < profile["max_memory_usage"] < memory


def test_an_insert_is_synchronous_and_synced(tmp_path: Path) -> None:
    server = ET.parse(write_configuration(tmp_path, total_memory=4 * _GIBIBYTE)).getroot()  # noqa: S314
    users = ET.parse(str(server.findtext("users_config"))).getroot()  # noqa: S314
    assert server.findtext("merge_tree/fsync_after_insert") == "1"
    assert server.findtext("merge_tree/fsync_part_directory") == "1"
    assert users.findtext("profiles/default/async_insert") == "0"
