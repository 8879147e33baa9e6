"""What is known of exporters from one file to the next: their templates and options, kept in a small file.

An exporter repeats its templates every few minutes; until then a new capture or segment could not be read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from pipelines.exports.layouts import VARIABLE, Layout
from pipelines.exports.template_sets import MOST_FIELDS_OF_ONE
from pipelines.exports.templates import TemplateKey, Templates
from pipelines.exports.window import MOST_NAMES, Origin, Protocol
from store.files import write_whole
from store.lock import one_at_a_time

MOST_ORIGINS: Final = 16_384
_FORM: Final = 1
_LARGEST: Final = 64 * 1024 * 1024
OriginKey = tuple[str, str, int]


@dataclass
class KnownExporters:
    """Templates, and what options said, by exporter and domain; `changed` since they were loaded."""

    templates: Templates = field(default_factory=Templates)
    origins: dict[OriginKey, Origin] = field(default_factory=dict)
    changed: bool = False

    def origin(self, protocol: Protocol, exporter: str, domain: int) -> Origin:
        """The exporter and domain, made known when new; beyond a bound the one known longest is forgotten."""
        name = (protocol, exporter, domain)
        found = self.origins.get(name)
        if found is None:
            if len(self.origins) >= MOST_ORIGINS:
                del self.origins[next(iter(self.origins))]
            found = self.origins[name] = Origin(protocol, exporter, domain)
        return found


class ExporterMemory:
    """What is known of exporters, read from a file once, and written back where it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known = load_known(path)

    def save(self) -> None:
        """Write it back where there is anything new."""
        if self.known.changed:
            save_known(self._path, self.known)
            self.known.changed = False


def load_known(path: Path) -> KnownExporters:
    """What the file holds; nothing where there is none, or where it is damaged: exporters say it again."""
    known = KnownExporters()
    try:
        if path.stat().st_size > _LARGEST:
            return known
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["form"] != _FORM:
            return known
        for name, layout in _templates(told["templates"]):
            known.templates.put(name, layout)
        for protocol, exporter, domain, samplers, interfaces, applications, boot in told["origins"][:MOST_ORIGINS]:
            origin = known.origin(protocol, str(exporter), int(domain))
            origin.samplers = {int(number): int(rate) for number, rate in samplers[:MOST_NAMES]}
            origin.interfaces = {int(number): str(name) for number, name in interfaces[:MOST_NAMES]}
            origin.applications = {int(number): str(name) for number, name in applications[:MOST_NAMES]}
            origin.boot_ms = int(boot)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return KnownExporters()
    return known


def save_known(path: Path, known: KnownExporters) -> None:
    """Keep what is known of exporters that have an address; what another process has saved meanwhile stays."""
    with one_at_a_time(path.with_suffix(".lock")):
        merged = load_known(path)
        for name, template in known.templates.items():
            if name[1]:
                merged.templates.put(name, template.layout)
        for key, origin in known.origins.items():
            if key[1]:
                merged.origins.pop(key, None)
                merged.origins[key] = origin
        write_whole(path, json.dumps(_told(merged), separators=(",", ":")))


def _told(known: KnownExporters) -> dict[str, object]:
    return {
        "form": _FORM,
        "templates": [
            [*name, template.layout.scopes, template.layout.fields] for name, template in known.templates.items()
        ],
        "origins": [
            [
                *key,
                *(list(table.items()) for table in (origin.samplers, origin.interfaces, origin.applications)),
                origin.boot_ms,
            ]
            for key, origin in list(known.origins.items())[-MOST_ORIGINS:]
            if origin.samplers or origin.interfaces or origin.applications or origin.boot_ms
        ],
    }


def _templates(told: list[Any]) -> Iterator[tuple[TemplateKey, Layout]]:
    for protocol, exporter, domain, number, scopes, fields in told:
        found = tuple((int(name), int(size)) for name, size in fields[:MOST_FIELDS_OF_ONE])
        layout = Layout(found, int(scopes))
        if layout.least > 0 and all(0 <= size <= VARIABLE and name >= 0 for name, size in found):
            yield (cast("Protocol", str(protocol)), str(exporter), int(domain), int(number)), layout
