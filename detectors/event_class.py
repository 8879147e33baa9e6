"""The event class of an alert: GB/T 20986-2023 codes, as a rule names them or as its ATT&CK tactic suggests."""

from collections.abc import Iterable

_BY_TACTIC = (
    ("attack.exfiltration", "DSDATASTEAL"),
    ("attack.impact", "NAOTH"),
    ("attack.command-and-control", "NAHACKED"),
    ("attack.credential-access", "NACRED"),
    ("attack.persistence", "NABACKIMPL"),
    ("attack.initial-access", "NAEXPLOIT"),
    ("attack.discovery", "NASCAN"),
    ("attack.reconnaissance", "NASCAN"),
)
_BY_TECHNIQUE = (
    ("attack.t1486", "MPRANS"),
    ("attack.t1498", "NADOS"),
    ("attack.t1499", "NADOS"),
    ("attack.t0814", "NADOS"),
    ("attack.t1496", "MPMINER"),
    ("attack.t1070", "DSDATAALTER"),
    ("attack.t1566", "NAPHISH"),
    ("attack.t1195", "NASUPPLY"),
    ("attack.t1505", "NABACKIMPL"),
    ("cve.", "SHEVULN"),
)


def event_class_of(tags: Iterable[str], *, named: object = None) -> str:
    """The class a rule names, else the one its techniques and tactics suggest, else NAOTH (other attack)."""
    if isinstance(named, str) and named:
        return named
    present = [tag.lower().replace("_", "-") for tag in tags]
    for prefix, code in _BY_TECHNIQUE + _BY_TACTIC:
        if any(tag.startswith(prefix) for tag in present):
            return code
    return "NAOTH"
