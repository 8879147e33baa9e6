"""What the city declares of its data: the catalogue, and who may use what. Days count from the demo day."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files

import yaml

from rongdun.demo.moments import FUZHOU, Day

_DAYS = {"backed_up_days_before": "backed_up_on"}


def catalogue(day: Day) -> str:
    """The catalogue in the form that `rongdun dlp catalogue import` reads."""
    entries = [_registered(entry, day) for entry in _declared("datasets")]
    return _text(parties=[dict(entry) for entry in _declared("parties")], datasets=entries)


def grants(day: Day) -> str:
    """The grants in the form that `rongdun dlp grants import` reads."""
    return _text(grants=[_granted(entry, day) for entry in _declared("grants")])


def _registered(entry: Mapping[str, object], day: Day) -> dict[str, object]:
    return {
        _DAYS.get(name, name): day.date - timedelta(days=int(str(value))) if name in _DAYS else value
        for name, value in entry.items()
    }


def _granted(entry: Mapping[str, object], day: Day) -> dict[str, object]:
    kept = {name: value for name, value in entry.items() if name != "days"}
    days = entry["days"]
    begins, ends = days if isinstance(days, list) else (0, 0)
    return kept | {"valid_from": _midnight(day, begins), "valid_until": _midnight(day, ends)}


def _midnight(day: Day, days: int) -> str:
    return datetime.combine(day.date + timedelta(days=days), time(), FUZHOU).isoformat()


@cache
def _declared(key: str) -> tuple[Mapping[str, object], ...]:
    text = files("rongdun.demo").joinpath("declared.yml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text)[key])


def _text(**entries: list[dict[str, object]]) -> str:
    return yaml.safe_dump(entries, allow_unicode=True, sort_keys=False)
