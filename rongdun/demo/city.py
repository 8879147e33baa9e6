"""Writing the demo city: one call gives a folder of telemetry, tables and an inventory."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rongdun.demo.chronicle import Chronicle
from rongdun.demo.declared import catalogue, grants
from rongdun.demo.everyday import (
    cloud,
    data_centre,
    databases,
    exchanges,
    offices,
    registers,
    servers,
    taps,
    websites,
)
from rongdun.demo.moments import Day, as_datetime
from rongdun.demo.stories import (
    brute_force,
    contractor_read,
    dns_tunnel,
    dormant_grant,
    groundless_exchange,
    modbus_write,
    night_reading,
    resident_export,
    silent_source,
    ticketless_export,
    weak_tls,
)
from rongdun.demo.stories.story import Story
from rongdun.demo.world import World, inventory

SEED = 591  # Fuzhou's dialling code
_TOLD = (
    *(brute_force, dns_tunnel, modbus_write, weak_tls, resident_export, silent_source),
    *(night_reading, contractor_read, ticketless_export, dormant_grant, groundless_exchange),
)


@dataclass(frozen=True)
class City:
    """A written city.

    Attributes:
        starts_at, ends_at: the day, UTC.
        telemetry: the folder for `rongdun ingest`.
        tables: the folder for `rongdun dlp scan`.
        inventory: the file for `rongdun assets import`.
        catalogue: the file for `rongdun dlp catalogue import`.
        grants: the file for `rongdun dlp grants import`.
    """

    folder: Path
    seed: int
    day: date
    starts_at: datetime
    ends_at: datetime
    telemetry: Path
    tables: Path
    inventory: Path
    catalogue: Path
    grants: Path
    stories: tuple[Story, ...]


def write_city(folder: Path, *, day: date, seed: int = SEED) -> City:
    """Write 24 hours of the city, local midnight to midnight; the same seed and day give the same bytes.

    The day must be over, since some formats name no year and readers take the latest one that is not in the future.

    Raises:
        OSError: the folder cannot be written.
    """
    hours = Day(day)
    world = World(seed, hours, Chronicle(hours), silent_source.silent_from(hours))
    for part in (servers, websites, offices, data_centre, cloud, taps, databases, exchanges):
        part.happen(world)
    for story in _TOLD:
        story.plant(world)
    world.chronicle.write(folder)
    registers.happen(world, folder)
    resident_export.write_table(world, folder)
    databases.write_copies(world, folder)
    for name, text in (("inventory", inventory(hours)), ("catalogue", catalogue(hours)), ("grants", grants(hours))):
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return _city(folder, seed, hours)


def stories_of(day: Day) -> tuple[Story, ...]:
    """The stories of a day, in the order in which the documentation tells them."""
    return tuple(module.story(day) for module in _TOLD)


def _city(folder: Path, seed: int, day: Day) -> City:
    return City(
        folder=folder,
        seed=seed,
        day=day.date,
        starts_at=as_datetime(day.start),
        ends_at=as_datetime(day.end),
        telemetry=folder / "telemetry",
        tables=folder / "tables",
        inventory=folder / "inventory.yml",
        catalogue=folder / "catalogue.yml",
        grants=folder / "grants.yml",
        stories=stories_of(day),
    )
