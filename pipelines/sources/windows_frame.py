"""Windows events as rows of a table, whole batches at once; `windows_event.windows_row` says the same of one event."""

from collections.abc import Sequence

import polars as pl

from pipelines.sources import windows_verdicts as verdicts
from pipelines.sources.columns import canonical_addresses, complete
from pipelines.sources.field_columns import FieldTable

_NOTHING = ("",)
# A number of at most five digits; what is greater than a port is told apart behind.
_PORT = r"^[0-9]{1,5}$"


def windows_frame(offsets: Sequence[int], times: pl.Series, texts: pl.Series, table: FieldTable) -> pl.DataFrame:
    """The rows of events: columns of `log_events`, in the order given.

    Args:
        offsets: where each event stood.
        times: when each happened, null where that is not known.
        texts: what each was read from; the message of one that has none.
        table: the fields of each.
    """
    said = _verdicts(table)
    frame = said.select("service", "action", "outcome", "severity").with_columns(
        pl.Series("source_offset", offsets, pl.UInt64),
        times.alias("event_time"),
        pl.lit("windows").alias("product"),
        table.first(["Computer"]).alias("host"),
        canonical_addresses(table.first(verdicts.SOURCES, passing=_NOTHING)).alias("source_ip"),
        _ports(table.first(verdicts.SOURCE_PORTS, passing=_NOTHING)).alias("source_port"),
        canonical_addresses(table.first(verdicts.DESTINATIONS, passing=_NOTHING)).alias("destination_ip"),
        _ports(table.first(verdicts.DESTINATION_PORTS, passing=_NOTHING)).alias("destination_port"),
        _users(table, said).alias("user"),
        table.first(["Message"], passing=_NOTHING).fill_null(texts).alias("message"),
        table.fields,
    )
    return complete(frame, "log_events")


def _verdicts(table: FieldTable) -> pl.DataFrame:
    """What each event tells beyond its names; found once for all events that are alike in what it hangs on."""
    hung_on = pl.DataFrame(
        {
            "channel": table.first(["Channel"]).fill_null(""),
            "number": table.first(["EventID"]).fill_null(""),
            "level": table.first(["Level"]).fill_null(""),
            "keywords": table.first(["Keywords"]).fill_null(""),
            "status": table.first(["Status"]).fill_null(verdicts.SUCCESS),
        }
    )
    # A status differs from event to event, and only one kind of event hangs on it.
    hung_on = hung_on.with_columns(pl.when(pl.col("number") == verdicts.STATED).then("status").otherwise(pl.lit("")))
    distinct = hung_on.unique(maintain_order=True)
    told = pl.DataFrame(
        [_told(*row) for row in distinct.iter_rows()],
        schema={
            "service": pl.String,
            "action": pl.String,
            "outcome": pl.String,
            "severity": pl.UInt8,
            "is_logon": pl.Boolean,
            "is_session": pl.Boolean,
        },
        orient="row",
    )
    return hung_on.join(distinct.hstack(told), on=hung_on.columns, how="left", maintain_order="left")


def _told(channel: str, number: str, level: str, keywords: str, status: str) -> tuple[str, str, str, int, bool, bool]:
    service = verdicts.service_of(channel)
    return (
        service,
        verdicts.action_of(service, number),
        verdicts.outcome_of(number, keywords, status),
        verdicts.severity_of(level),
        verdicts.is_logon(number),
        verdicts.is_session(service),
    )


def _users(table: FieldTable, said: pl.DataFrame) -> pl.Series:
    """The same order as `windows_verdicts.users_of`."""
    frame = said.with_columns(
        table.first(verdicts.USERS, passing=verdicts.NOBODY).alias("usual"),
        table.first(verdicts.USERS_OF_NO_LOGON[:1], passing=verdicts.NOBODY).alias("subject"),
        table.first(verdicts.USERS_OF_SESSIONS, passing=verdicts.NOBODY).alias("unnamed"),
    )
    acted = pl.when(~pl.col("is_logon")).then("subject")
    return frame.select(pl.coalesce(acted, "usual", pl.when("is_session").then("unnamed"))).to_series()


def _ports(texts: pl.Series) -> pl.Series:
    number = pl.when(pl.col("text").str.contains(_PORT)).then("text").cast(pl.UInt32, strict=False)
    frame = texts.alias("text").to_frame()
    return frame.select(pl.when(number < 65536).then(number).cast(pl.UInt16).fill_null(0)).to_series()
