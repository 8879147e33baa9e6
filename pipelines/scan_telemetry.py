"""Personal data in the platform's own telemetry: read as it arrives, and told as the leak that it is."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import unquote_plus

import polars as pl

from dlp.findings import PiiFinding
from dlp.policy import GRADES
from pipelines.alert_rows import utc
from pipelines.table_columns import ChosenRows, described, table_address
from store.client import Store

# What a daily scan looks at without being told; `log_events` shows all of them but the flows.
TELEMETRY = ("dns_queries", "http_requests", "syslog_messages", "linux_audit_records", "log_event_records")

_SETTLES = 1.0  # seconds within which an insert that has begun can be seen
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_NEWEST = """
SELECT max(ingested_at) AS newest, count() AS rows, now64(3, 'UTC') AS now FROM {database:Identifier}.{table:Identifier}
WHERE ingested_at > {since:DateTime64(3, 'UTC')}
"""
_OLDEST = "SELECT min(ingested_at) AS oldest, count() AS rows FROM {database:Identifier}.{table:Identifier}"
_OWN = frozenset({"event_id", "batch_id", "source_type", "community_id"})  # the platform's own marks
_ADDRESSES = frozenset({"IP_ADDRESS", "MAC_ADDRESS"})  # what telemetry is about


@dataclass(frozen=True)
class _Leak:
    """A way on which data is in clear text: columns and what to say of them."""

    columns: re.Pattern[str]
    tables: frozenset[str]
    says: str


_HTTP = frozenset({"http_requests", "log_events", "network_flows"})
_DNS = frozenset({"dns_queries", "log_events", "network_flows"})
_LEAKS = (
    _Leak(
        re.compile(
            r"(?:fields\.|extra\.)?(?:http\.)?(?:uri|url|referrer|cs-uri(?:-stem|-query)?|cs-referer|http_refer)"
        ),
        _HTTP,
        "leak: in clear text in addresses of HTTP requests, which every station on the way and every log keeps; "
        "send it in the body over TLS",
    ),
    _Leak(
        re.compile(r"(?:(?:fields|extra)\.)?(?:http\.)?(?:host|hostname|cs-host|virtual_host)"),
        _HTTP - {"log_events"},
        "leak: in clear text in the host of HTTP requests; name hosts without personal data",
    ),
    _Leak(
        re.compile(r"(?:(?:fields|extra)\.)?(?:http\.)?(?:user_agent|cs-user-agent|http_user_agent)"),
        _HTTP,
        "leak: in clear text in the user agent of HTTP requests; take it out of the client",
    ),
    _Leak(
        re.compile(
            r"(?:(?:fields|extra)\.)?(?:http\.)?(?:cs-cookie|cookie|user|username|cs-username|password|post_body)"
        ),
        frozenset({"http_requests"}),
        "leak: in clear text in HTTP requests; send it over TLS only",
    ),
    _Leak(
        re.compile(r"(?:(?:fields|extra)\.)?(?:dns\.)?(?:query|rrname|answers|QueryName)"),
        _DNS,
        "leak: in clear text in DNS names, which every resolver on the way sees; look for a tunnel or a faulty program",
    ),
    _Leak(
        re.compile(r"(?:(?:fields|extra)\.)?(?:message|msg|raw)"),
        frozenset(TELEMETRY) | {"log_events"},
        "leak: in clear text in log messages; mask it where they are written",
    ),
)
_ENCODED = re.compile(r"(?:.*\.)?(?:uri|url|referrer|cs-uri(?:-stem|-query)?|cs-referer|http_refer)")


def is_telemetry(store: Store, table: str) -> bool:
    """Whether a table is one of the platform's own streams of events: rows have an id and a time of arrival."""
    kinds = dict(described(store, table))
    return kinds.get("ingested_at", "").startswith("DateTime64(3") and "event_id" in kinds


def new_rows(store: Store, table: str, since: datetime) -> ChosenRows | None:
    """What arrived behind that time and can be seen in full; None where nothing did."""
    asked = {**table_address(store, table), "since": since}
    (row,) = store.rows(_NEWEST, asked)
    if not int(str(row["rows"])):
        return None
    age = (utc(row["now"]) - utc(row["newest"])).total_seconds()
    if age < _SETTLES:
        # Rows of other inserts may carry an earlier time and not be there yet.
        time.sleep(max(0.0, min(_SETTLES, _SETTLES - age)))
    return ChosenRows(since, utc(row["newest"]))


def oldest_row(store: Store, table: str) -> datetime | None:
    """When the oldest row of a stream arrived that is still there (UTC); None where there is none."""
    for row in store.rows(_OLDEST, table_address(store, table)):
        if int(str(row["rows"])):
            return utc(row["oldest"])
    return None


def is_own_mark(column: str) -> bool:
    """Whether a column of telemetry holds what the platform made itself."""
    return column in _OWN


def plain_values(column: str, values: pl.DataFrame) -> pl.DataFrame:
    """The values of a column of telemetry as a person wrote them: addresses without percent encoding."""
    if not _ENCODED.fullmatch(column) or not values["value"].str.contains("%").any():
        return values
    read = pl.Series("value", [unquote_plus(value) if "%" in value else value for value in values["value"].to_list()])
    return values.with_columns(read).group_by("value").agg(pl.col("rows").sum())


def told_as_leaks(table: str, findings: Sequence[PiiFinding]) -> tuple[PiiFinding, ...]:
    """The findings of telemetry, each saying on which way its data is in clear text."""
    return tuple(_told(table.rpartition(".")[2], finding) for finding in findings)


def merged(
    before: Sequence[PiiFinding],
    rows_before: Mapping[str, int],
    found: Sequence[PiiFinding],
    rows_found: Mapping[str, int],
) -> tuple[PiiFinding, ...]:
    """The findings of all that has arrived, from those of what came before and those of what is new.

    Args:
        before: the findings so far.
        rows_before: rows that held a value so far, by column.
        found: the findings of the new rows.
        rows_found: new rows that hold a value, by column.
    """
    old = {(finding.column, finding.entity_type): finding for finding in before}
    new = {(finding.column, finding.entity_type): finding for finding in found}
    together = []
    for key in [*old, *(key for key in new if key not in old)]:
        one, other = old.get(key), new.get(key)
        rows = rows_before.get(key[0], 0) + rows_found.get(key[0], 0)
        held = [each for each in (other, one) if each]
        latest = next((each for each in held if not each.masked), held[0])
        together.append(
            replace(
                latest,
                rows=rows,
                hits=sum(each.hits for each in held),
                distinct_hits=sum(each.distinct_hits for each in held),
                confidence=max(each.confidence for each in held),
                masked=all(each.masked for each in held),
                grade=max((each.grade for each in held), key=GRADES.index),
            )
        )
    return tuple(together)


def _told(table: str, finding: PiiFinding) -> PiiFinding:
    if finding.masked or finding.entity_type in _ADDRESSES:
        return finding
    says = next((leak.says for leak in _LEAKS if table in leak.tables and leak.columns.fullmatch(finding.column)), "")
    return replace(finding, review="; ".join(filter(None, (says, finding.review)))) if says else finding
