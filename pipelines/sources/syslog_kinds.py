"""Lines of syslog whose header is split, sorted by who says what: devices, the kernel, Sysmon, audit, all others."""

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.appliances import appliance_batches
from pipelines.sources.audit_lines import AUDIT_SAID, audit_rows
from pipelines.sources.audit_lines import SPEAKERS as AUDIT_SPEAKERS
from pipelines.sources.cef_events import cef_rows
from pipelines.sources.columns import canonical_addresses, complete, rejected
from pipelines.sources.device_messages import device_message_rows
from pipelines.sources.keyed_events import keyed_rows
from pipelines.sources.leef_events import leef_rows
from pipelines.sources.netfilter import NETFILTER_SAID, netfilter_rows
from pipelines.sources.structured_data import structured_data
from pipelines.sources.syslog_json import json_batches
from pipelines.sources.syslog_programs import PARSED, REPEATED, understood
from pipelines.sources.syslog_special import OF_DEVICE
from pipelines.sources.syslog_sysmon import sysmon_batch
from pipelines.sources.syslog_web import web_batches

# Who writes the packet filter's lines; a line without a program may be the kernel's too.
_KERNEL = ("kernel", "ulogd", "syslog")
_EVENTS = (("cef", "CEF:", cef_rows), ("leef", "LEEF:", leef_rows), ("key_value", "d", keyed_rows))

FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp"),
    *("audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
OCSF = (6, 5, 5, 4, 3, 2, 1, 1)

_HIGHEST = 191
_NOTHING = pl.lit(None, dtype=pl.String)
_SERVICES = {"sshd-session": "sshd", "sshd-auth": "sshd", "crond": "cron", "anacron": "cron", "sudo-i": "sudo"}
_SERVICES |= {"(squid-1)": "squid"}

_ENDS = frozenset({"source_ip", "source_port", "destination_ip", "destination_port"})
_FIELDS = {
    "program": "program",
    "pid": "process",
    "facility": "facility",
    "severity": "severity_name",
    "msgid": "message_id",
    "relay": "relay",
    "decode_error": "decode_flag",
    REPEATED: REPEATED,
    **{name: f"parsed.{name}" for name in PARSED if name not in _ENDS},
}


def batches_by_kind(split: pl.DataFrame, rejects_before: pl.DataFrame) -> list[Batch]:
    """The batch of the lines that are only syslog, and one for each other format that syslog carries here."""
    batches = []
    if split["carries"].any():
        carried = split.filter(pl.col("carries"))
        split = split.filter(~pl.col("carries"))
        for name, prefix, rows_of in _EVENTS:
            if (lines := carried.filter(pl.col("message").str.starts_with(prefix))).height:
                batches.append(Batch("log_events", *rows_of(lines), name))
    rejects = [rejects_before]
    good = split["shaped"] & split["event_time"].is_not_null()
    if not good.all():
        unshaped = split.filter(~pl.col("shaped"))
        untimed = split.filter(pl.col("shaped") & pl.col("event_time").is_null())
        rejects.append(rejected(unshaped, "no syslog line: neither RFC 3164 nor RFC 5424"))
        rejects.append(rejected(untimed, "no such time, or none given"))
        split = split.filter(good)
    timed, services = _prepared(split)
    of_others, timed = _of_others(timed, services)
    return [*batches, *of_others, Batch("syslog_messages", _rows(timed), pl.concat(rejects))]


def _of_others(timed: pl.DataFrame, services: pl.Series) -> tuple[list[Batch], pl.DataFrame]:
    """The batches of lines that are of another format in truth, and the lines that are only syslog.

    Args:
        timed: lines of syslog.
        services: all that they are of, each once.
    """
    batches: list[Batch] = []
    speaking = services.is_in([OF_DEVICE, *_KERNEL, *AUDIT_SPEAKERS, "sysmon"])
    if speaking.any():
        batches, timed = _of_hosts(timed)
    of_appliances, timed = appliance_batches(timed, services)
    of_servers, timed = web_batches(timed, services)
    objects, timed = json_batches(timed, services)
    return [*batches, *of_appliances, *of_servers, *objects], timed


def _of_hosts(timed: pl.DataFrame) -> tuple[list[Batch], pl.DataFrame]:
    batches = []
    devices = (timed["program"] == OF_DEVICE).fill_null(value=False)
    if devices.any():
        batches.append(Batch("log_events", device_message_rows(timed.filter(devices)), source_type="network_device"))
        timed = timed.filter(~devices)
    filtered = _saying(timed, timed["service"].is_in(_KERNEL), pl.col("message").str.contains(NETFILTER_SAID))
    if filtered.any():
        batches.append(Batch("log_events", netfilter_rows(timed.filter(filtered)), source_type="iptables"))
        timed = timed.filter(~filtered)
    audited = _saying(timed, timed["service"].is_in(AUDIT_SPEAKERS), pl.col("message").str.contains(AUDIT_SAID))
    if audited.any():
        batches.append(audit_rows(timed.filter(audited)))
        timed = timed.filter(~audited)
    sysmon = _saying(timed, timed["service"] == "sysmon", pl.col("message").str.starts_with("<Event>"))
    if sysmon.any():
        batches.append(sysmon_batch(timed.filter(sysmon)))
        timed = timed.filter(~sysmon)
    return batches, timed


def _saying(lines: pl.DataFrame, speaking: pl.Series, said: pl.Expr) -> pl.Series:
    """Which lines are of certain speakers and say a certain thing; only theirs are looked at."""
    if not speaking.any():
        return speaking
    return lines.select((speaking & pl.when(speaking).then(said)).fill_null(value=False).alias("said"))["said"]


def _prepared(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The lines with service, facility and severity, worked out once for all programs and priorities; all services."""
    programs = lines.select(pl.col("program").unique()).with_columns(_service().alias("service"))
    priority = pl.col("priority").cast(pl.Int64, strict=False)
    valid = pl.when(priority <= _HIGHEST).then(priority)
    priorities = lines.select(pl.col("priority").unique()).with_columns(
        _named(valid // 8, FACILITIES).alias("facility"),
        _named(valid % 8, SEVERITIES).alias("severity_name"),
        (valid % 8).replace_strict(range(8), OCSF, default=0, return_dtype=pl.UInt8).alias("severity"),
    )
    flag = pl.when("decode_error").then(pl.lit("true")) if lines["decode_error"].any() else _NOTHING
    known = (
        lines.join(programs, on="program", how="left", nulls_equal=True, maintain_order="left")
        .join(priorities, on="priority", how="left", nulls_equal=True, maintain_order="left")
        .with_columns(flag.alias("decode_flag"))
    )
    return known, programs["service"]


def _service() -> pl.Expr:
    name = pl.col("program").str.split("/").list.last().str.to_lowercase().replace(_SERVICES)
    return name.str.replace(r"\(.*", "").replace(_SERVICES).replace({"": None}).fill_null("syslog")


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    told = understood(lines)
    told = told.with_columns(
        pl.lit("linux").alias("product"),
        pl.col("offset").alias("source_offset"),
        canonical_addresses(told["parsed.source_ip"]).alias("source_ip"),
        pl.col("parsed.source_port").alias("source_port"),
        _destination(told),
        pl.coalesce("parsed.destination_port", "parsed.local_port").alias("destination_port"),
        pl.col("parsed.user").alias("user"),
        pl.col("outcome").fill_null("unknown"),
    )
    return complete(structured_data(told), "syslog_messages", _FIELDS)


def _destination(told: pl.DataFrame) -> pl.Series:
    """Whom a program connected to, or at which of its own addresses somebody came."""
    ends = told.select(pl.coalesce("parsed.destination_ip", "parsed.local_ip").alias("destination_ip"))
    return canonical_addresses(ends["destination_ip"])


def _named(number: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    return number.replace_strict(range(len(names)), names, default=None, return_dtype=pl.String)
