"""Which templates exporters have announced."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from pipelines.exports.layouts import Layout

# Fields of all templates held at once; those not used for longest are forgotten.
MOST_FIELDS: Final = 200_000


@dataclass(frozen=True)
class Template:
    """A layout under the number that an exporter gave it."""

    number: int
    layout: Layout


TemplateKey = tuple[str, str, int, int]


class Templates:
    """What exporters have announced, by protocol, exporter, domain and template number; bounded."""

    def __init__(self, most_fields: int = MOST_FIELDS) -> None:
        self._held: OrderedDict[TemplateKey, Template] = OrderedDict()
        self._domains: dict[tuple[str, str, int], set[int]] = {}
        self._layouts: dict[Layout, Layout] = {}
        self._most = most_fields
        self._fields = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, name: TemplateKey) -> Template | None:
        """The template of this name."""
        return self._held.get(name)

    def put(self, name: TemplateKey, layout: Layout) -> Template:
        """The template that is known from now on under this name; equal layouts are one object."""
        known = self._held.get(name)
        if known is not None and known.layout == layout:
            self._held.move_to_end(name)
            return known
        self.withdraw(name)
        if len(self._layouts) > 2 * len(self._held) + 64:
            self._layouts = {template.layout: template.layout for template in self._held.values()}
        template = Template(name[3], self._layouts.setdefault(layout, layout))
        self._held[name] = template
        self._domains.setdefault(name[:3], set()).add(name[3])
        self._fields += _weight(template)
        while self._fields > self._most and len(self._held) > 1:
            self.withdraw(next(iter(self._held)))
        return template

    def withdraw(self, name: TemplateKey) -> None:
        """Forget a template (RFC 7011 §8.1)."""
        gone = self._held.pop(name, None)
        if gone is None:
            return
        self._fields -= _weight(gone)
        numbers = self._domains[name[:3]]
        numbers.discard(name[3])
        if not numbers:
            del self._domains[name[:3]]

    def withdraw_all(self, protocol: str, exporter: str, domain: int, *, options: bool) -> None:
        """Forget all templates, or all options templates, of a domain."""
        for number in list(self._domains.get((protocol, exporter, domain), ())):
            name = (protocol, exporter, domain, number)
            if bool(self._held[name].layout.scopes) is options:
                self.withdraw(name)

    def items(self) -> list[tuple[TemplateKey, Template]]:
        """All of them, those that were announced longest ago first."""
        return list(self._held.items())


def _weight(template: Template) -> int:
    return len(template.layout.fields) + 4
