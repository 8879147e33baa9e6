"""Administrative levels, which way data goes between them, and where an organisation stands (R18, R25, R41, R48)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self
from unicodedata import normalize

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from dlp.errors import RegistrationInvalid
from dlp.problem_lines import problem_lines
from dlp.registrations import Filled

Level = Literal["national", "province", "city", "department", "county", "township", "market"]
# A market party (R48) trades data and has no authority: it stands below all.
LEVELS: tuple[Level, ...] = ("national", "province", "city", "department", "county", "township", "market")
Way = Literal["up", "down", "across", "unknown"]
WAYS: tuple[Way, ...] = ("up", "down", "across", "unknown")


class Party(BaseModel):
    """An organisation that a catalogue file declares.

    Attributes:
        level: where it stands; '' where the inventory tells.
        aliases: what records, sharing lists and entries call it besides.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Filled
    level: Literal["", Level] = ""
    aliases: tuple[Filled, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.level and not self.aliases:
            raise ValueError("says nothing: give a level, aliases, or both")
        return self


@dataclass(frozen=True)
class Standing:
    """An organisation as it is known: its name, its level, and its path in the scope tree; '' where unknown."""

    name: str
    level: str = ""
    scope: str = ""


@dataclass(frozen=True)
class Seated:
    """What the inventory tells of an organisation: one of its assets and where that lies."""

    organisation: str
    asset: str
    scope: str


def party(entry: object) -> Party:
    """The organisation of a catalogue file's entry.

    Raises:
        RegistrationInvalid: with one line per problem.
    """
    try:
        return Party.model_validate(entry)
    except ValidationError as error:
        raise RegistrationInvalid(problem_lines(error)) from error


def level_of(scope: str, department_prefix: str) -> str:
    """The level of a path of the scope tree, '' for none.

    The first part is the city, the second a department or a county, the third a township; what lies below a department
    is the department's.
    """
    parts = [part for part in scope.split("/") if part]
    if len(parts) < 2:
        return "city" if parts else ""
    if parts[1].startswith(department_prefix):
        return "department"
    return "county" if len(parts) == 2 else "township"


def way(sender: str, receiver: str, ranks: Mapping[Level, int]) -> Way:
    """Which way data goes between two levels; the lower a rank, the higher the level."""
    above, below = (rank for rank in (_rank(sender, ranks), _rank(receiver, ranks)))
    if above is None or below is None:
        return "unknown"
    return "across" if above == below else "up" if below < above else "down"


def _rank(level: str, ranks: Mapping[Level, int]) -> int | None:
    return next((rank for known, rank in ranks.items() if known == level), None)


def named_alike(name: str) -> str:
    """A name as two records of the same organisation have it: width, letter case and spaces do not count."""
    return "".join(normalize("NFKC", name).casefold().split())


class Organisations:
    """Who is who: organisations by any of their names, with their level.

    A declared level goes first. Else the inventory tells: an organisation stands where all of its assets lie, so that
    one with assets in several counties is one of the city. A system of the inventory stands for whose it is, a path of
    the scope tree for itself.
    """

    def __init__(self, declared: Iterable[Party], seated: Iterable[Seated], department_prefix: str) -> None:
        self._prefix = department_prefix
        self._names: dict[str, str] = {}
        self._levels: dict[str, str] = {}
        self._scopes: dict[str, str] = {}
        places: dict[str, list[str]] = defaultdict(list)
        systems: dict[str, set[str]] = defaultdict(set)
        for one in declared:
            for name in (one.name, *one.aliases):
                self._names.setdefault(named_alike(name), one.name)
            self._levels[one.name] = one.level
        known = list(seated)
        for each in known:
            organisation = self._names.setdefault(named_alike(each.organisation), each.organisation)
            places[organisation].append(each.scope)
            systems[named_alike(each.asset)].add(organisation)
        for system, owners in systems.items():
            if len(owners) == 1:
                self._names.setdefault(system, next(iter(owners)))
        self._scopes = {name: _shared_path(scopes) for name, scopes in places.items()}
        self._roots = {scope.split("/")[0] for scopes in places.values() for scope in scopes if scope}

    def of(self, name: str, stated_level: str = "") -> Standing:
        """Who is meant by a name; the level that a record states counts where nothing else tells."""
        found = self._names.get(named_alike(name))
        if found is not None:
            scope = self._scopes.get(found, "")
            level = self._levels.get(found) or level_of(scope, self._prefix)
            return Standing(found, level or _known(stated_level), scope)
        if name and name.split("/", maxsplit=1)[0] in self._roots:
            return Standing(name, level_of(name, self._prefix), name)
        return Standing(name, _known(stated_level))

    def same(self, name: str, other: str) -> bool:
        """Whether two names mean one organisation."""
        return bool(name) and named_alike(self.of(name).name) == named_alike(self.of(other).name)


def shared_names(declared: Sequence[Party]) -> list[str]:
    """A line for each name that two declared organisations claim."""
    owners: dict[str, str] = {}
    problems = []
    for one in declared:
        for name in (one.name, *one.aliases):
            owner = owners.setdefault(named_alike(name), one.name)
            if owner != one.name:
                problems.append(f"{one.name}: {name!r} is a name of {owner} too: it can mean only one of them")
    return problems


def _shared_path(scopes: Sequence[str]) -> str:
    parts = [scope.split("/") for scope in scopes]
    shared = []
    for step in zip(*parts, strict=False):
        if len(set(step)) > 1:
            break
        shared.append(step[0])
    return "/".join(shared)


def _known(level: str) -> str:
    told = level.strip().casefold()
    return next((known for known in LEVELS if known == told), "")
