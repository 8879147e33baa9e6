"""Lines of syslog that an appliance wrote which puts no mnemonic first, each read by its own format."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.appliance_rows import Told, appliance_rows
from pipelines.sources.checkpoint_lines import CHECKPOINT_SAID, checkpoint_told
from pipelines.sources.fast_alerts import ALERT_SAID, alerts_told
from pipelines.sources.filterlog_lines import FILTERLOG_SAID, filterlog_told
from pipelines.sources.hillstone_lines import HILLSTONE_SAID, hillstone_told
from pipelines.sources.junos_lines import JUNOS_SAID, JUNOS_STRUCTURED, junos_told
from pipelines.sources.mikrotik_lines import MIKROTIK_SAID, mikrotik_told
from pipelines.sources.panos_lines import PANOS_SAID, panos_told
from pipelines.sources.sangfor_lines import SANGFOR_SAID, sangfor_told
from pipelines.sources.welf_lines import WELF_SAID, welf_told

# What stands behind a host where no program is named, and tells that the line is of syslog at all.
SAID_WITHOUT_PROGRAM: Final = "|".join(
    said.removeprefix("^") for said in (PANOS_SAID, HILLSTONE_SAID, MIKROTIK_SAID, WELF_SAID)
)
NO_PROGRAM: Final = "syslog"  # the service of lines whose header names no program


@dataclass(frozen=True)
class _Form:
    """Whose lines (a pattern for the service) that say what are of which format."""

    source_type: str
    product: str
    speakers: str
    said: pl.Expr
    told: Callable[[pl.DataFrame], Told]


def _says(pattern: str) -> pl.Expr:
    return pl.col("message").str.contains(pattern)


_JUNOS_STRUCTURED = pl.col("structured").str.starts_with(JUNOS_STRUCTURED)
# The program tells; where there is none, the message's beginning. Words within another program's line never do.
_FORMS: Final = (
    _Form("panos", "paloalto", "^syslog$", _says(PANOS_SAID), panos_told),
    _Form("checkpoint", "checkpoint", "^checkpoint$", _says(CHECKPOINT_SAID), checkpoint_told),
    _Form("filterlog", "pfsense", "^filterlog$", _says(FILTERLOG_SAID), filterlog_told),
    _Form("hillstone", "hillstone", "^syslog$", _says(HILLSTONE_SAID), hillstone_told),
    _Form("sangfor", "sangfor", "^(?:syslog|fwlog)$", _says(SANGFOR_SAID), sangfor_told),
    _Form("welf", "firewall", "^syslog$", _says(WELF_SAID), welf_told),
    _Form("mikrotik", "mikrotik", "^syslog$", _says(MIKROTIK_SAID), mikrotik_told),
    _Form("junos", "juniper", "^rt_[a-z_]+$", _says(JUNOS_SAID), junos_told),
    _Form("suricata_fast", "suricata", "^suricata$", _says(ALERT_SAID), alerts_told),
    _Form("suricata_fast", "snort", "^snort$", _says(ALERT_SAID), alerts_told),
)
_STRUCTURED: Final = _Form("junos", "juniper", "", _JUNOS_STRUCTURED, junos_told)


def appliance_batches(lines: pl.DataFrame, services: pl.Series) -> tuple[list[Batch], pl.DataFrame]:
    """The batches of the lines that are of such a format, and the other lines (with the columns of a syslog line).

    Args:
        lines: of syslog.
        services: all that they are of, each once.
    """
    batches: list[Batch] = []
    if lines["structured"].null_count() < lines.height:
        batches, lines = _taken(batches, lines, _STRUCTURED, _JUNOS_STRUCTURED)
    for form in _FORMS:
        known = services.filter(services.str.contains(form.speakers).fill_null(value=False)).unique().to_list()
        if not known:
            continue
        speaking = pl.col("service").is_in(known) & (pl.col("program").is_null() | (pl.col("service") != NO_PROGRAM))
        batches, lines = _taken(batches, lines, form, speaking & pl.when(speaking).then(form.said))
    return batches, lines


def _taken(batches: list[Batch], lines: pl.DataFrame, form: _Form, fits: pl.Expr) -> tuple[list[Batch], pl.DataFrame]:
    said = lines.select(fits.alias("fits"))["fits"].fill_null(value=False)
    if not said.any():
        return batches, lines
    own = lines.filter(said)
    rows = appliance_rows(own, form.told(own), form.product)
    return [*batches, Batch("log_events", rows, source_type=form.source_type)], lines.filter(~said)
