"""Commands that are imported when they are asked for: a question to the database needs no readers of captures."""

from collections.abc import Iterator, Mapping
from importlib import import_module

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

Command = TyperCommand | TyperGroup


class Commands(Mapping[str, Command]):
    """Commands by name, each made from its place, `module:attribute`, the first time it is looked up.

    An attribute is a function, which becomes a command, or a `Typer`, which becomes a group of them.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self._made: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._made:
            self._made[name] = _made(name, self._places[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _made(name: str, place: str) -> Command:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    command = get_command(alone)
    if not isinstance(command, TyperCommand):  # narrows typer's type
        raise TypeError(type(command))
    return command
