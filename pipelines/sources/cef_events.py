"""Events in ArcSight's Common Event Format (CEF, revision 25) as columns, whoever the vendor."""

import polars as pl

from pipelines.sources.device_events import device_rows
from pipelines.sources.pairs import MIDDLE, PAIR, columns_of, pairs_of, unmarked

# CEF:0|Vendor|Product|1.0|100|A name|8|src=192.0.2.1 dst=198.51.100.2 msg=a \= b act=blocked
_HEADER = (
    r"(?s)^CEF: ?(?P<cefVersion>[\d.]+)\|"
    r"(?P<deviceVendor>(?:[^|\\]|\\.)*)\|(?P<deviceProduct>(?:[^|\\]|\\.)*)\|(?P<deviceVersion>(?:[^|\\]|\\.)*)\|"
    r"(?P<deviceEventClassId>(?:[^|\\]|\\.)*)\|(?P<name>(?:[^|\\]|\\.)*)\|(?P<severity>[^|\s]*)[ ]*\|?"
    r"(?P<extension>.*)$"
)
_NAMES = ("deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity")
# A value reaches to the next name; a sign of equality that belongs to a value is escaped.
_KEY = r"(?:^|\s+)([A-Za-z0-9_.\-]+(?:\[[^\]\s=]*\])?)="

_WANTED = {
    "time": ("rt", "deviceReceiptTime", "end", "endTime", "start", "startTime"),
    "source_ip": ("src", "sourceAddress", "c6a2"),
    "source_port": ("spt", "sourcePort"),
    "destination_ip": ("dst", "destinationAddress", "c6a3"),
    "destination_port": ("dpt", "destinationPort"),
    "user": ("suser", "sourceUserName", "duser", "destinationUserName", "suid"),
    "action": ("act", "deviceAction", "categoryBehavior"),
    "outcome": ("outcome", "eventOutcome", "categoryOutcome"),
    "own_host": ("dvchost", "deviceHostName"),
    "host": ("dvc", "deviceAddress"),
    "url": ("request", "requestUrl"),
    "method": ("requestMethod",),
    "kind": ("cat", "deviceEventCategory"),
}


def cef_rows(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `log_events`, and rejects, from lines whose column `message` begins with `CEF:`.

    `event_time` is the header's, used where the event itself has none.
    """
    split = lines.with_columns(unmarked(lines["message"]).str.extract_groups(_HEADER).alias("event")).unnest("event")
    named = split.with_columns(_unescaped_header(name) for name in _NAMES)
    pairs = pairs_of(named["extension"].fill_null("").str.replace_all(_KEY, f"{PAIR}${{1}}{MIDDLE}"))
    pairs = pairs.with_columns(_unescaped_value().alias("value"))
    wanted = columns_of(pairs, [name for names in _WANTED.values() for name in names], lines.height)
    found = wanted.select(
        pl.coalesce(f"@{name}" for name in names).alias(f"said.{column}") for column, names in _WANTED.items()
    )
    return device_rows(named.hstack(found), pairs, _NAMES, "no CEF event: its header of seven parts is cut off")


def _unescaped_header(name: str) -> pl.Expr:
    return pl.col(name).str.replace_all(r"\\([|\\])", "${1}").str.strip_chars()


def _unescaped_value() -> pl.Expr:
    r"""A value without its escapes: `\=`, `\|`, `\\`, and `\n` and `\r` for line breaks (section on encoding)."""
    value = pl.col("value").str.strip_chars_end(" ")
    held = value.str.replace_all("\\\\", PAIR, literal=True)
    undone = (
        held.str.replace_all(r"\\([=|])", "${1}")
        .str.replace_all("\\n", "\n", literal=True)
        .str.replace_all("\\r", "\r", literal=True)
        .str.replace_all(PAIR, "\\", literal=True)
    )
    return pl.when(value.str.contains("\\", literal=True)).then(undone).otherwise(value)
