"""What a monitored asset is: a piece of infrastructure, whose it is, how critical, and where telemetry meets it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Sector(StrEnum):
    """The eleven sectors whose infrastructure the city protects (R83)."""

    FINANCE = "finance"
    ENERGY = "energy"
    POWER = "power"
    TELECOM = "telecom"
    TRANSPORT = "transport"
    WATER = "water"
    DATA_CENTRE = "data_centre"
    CLOUD = "cloud"
    MOBILE_5G = "mobile_5g"
    INDUSTRIAL_INTERNET = "industrial_internet"
    CONNECTED_VEHICLES = "connected_vehicles"


class DataGrade(StrEnum):
    """The grade of the data an asset holds (GB/T 43697-2024): core, important, general 4 to 1."""

    CORE = "core"
    IMPORTANT = "important"
    GENERAL_4 = "general-4"
    GENERAL_3 = "general-3"
    GENERAL_2 = "general-2"
    GENERAL_1 = "general-1"
    NONE = ""


class CloudMigration(StrEnum):
    """How far an asset has moved to the government cloud (上云, R43)."""

    ON_PREMISES = "on_premises"
    PLANNED = "planned"
    MIGRATING = "migrating"
    MIGRATED = "migrated"
    EXEMPT = "exempt"
    NOT_SAID = ""


@dataclass(frozen=True)
class MonitoredAsset:
    """One piece of infrastructure, as its inventory declares it.

    Attributes:
        scope: path city -> county or department -> township, such as `fuzhou/gulou`.
        owner, operator, outsourcing_provider: the three responsible parties (R78); the last may be ''.
        mlps_level: 等保 1..4, 0 when not graded.
        is_cii: declared critical information infrastructure (关键信息基础设施).
        domestic_cpu, domestic_os, domestic_database, domestic_middleware: 信创 (R8).
        cloud_migration: 上云 (R43).
        addresses: IP, CIDR or first-last.
        datasets: patterns of the data sets it holds, `*` for any text, such as `*/dept-civil/*`.
        expected_sources: source types that must not fall silent.
        last_assessed_on: day of the last MLPS assessment (等级测评).
    """

    asset_id: str
    name: str
    sector: Sector
    kind: str
    scope: str
    organisation: str
    owner: str
    operator: str
    outsourcing_provider: str = ""
    mlps_level: int = 0
    is_cii: bool = False
    domestic_cpu: bool = False
    domestic_os: bool = False
    domestic_database: bool = False
    domestic_middleware: bool = False
    cloud_migration: CloudMigration = CloudMigration.NOT_SAID
    data_grade: DataGrade = DataGrade.NONE
    addresses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    expected_sources: tuple[str, ...] = ()
    last_assessed_on: date | None = None
