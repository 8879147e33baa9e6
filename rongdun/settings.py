"""Settings: the only place that reads the environment."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Field(default=0, ge=0, le=65535)


def _absolute(path: Path) -> Path:
    """The path from the root: what is started from here stands in another folder."""
    return path.expanduser().absolute()


def _zone(name: str) -> str:
    """The name of a zone that there is; settings stand below everything that reads clocks."""
    if not re.fullmatch(r"[+-](?:0\d|1[0-4]):?[0-5]\d", name):
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError) as error:
            raise ValueError(f"{name[:40]!r} is no time zone: Asia/Shanghai, UTC or +08:00 is one") from error
    return name


# Sigma's words; settings know nothing of the domain, which has them too.
Level = Literal["informational", "low", "medium", "high", "critical"]
RuleStatus = Literal["stable", "test", "experimental", "deprecated", "unsupported"]
Zone = Annotated[str, AfterValidator(_zone)]
Place = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """What can be set, all through `RONGDUN_*` variables; empty counts as not set. Port 0 means: any free one."""

    model_config = SettingsConfigDict(env_prefix="RONGDUN_", frozen=True, env_ignore_empty=True)

    home: Place = Field(default_factory=lambda: Path(platformdirs.user_data_dir("rongdun")))
    clickhouse_url: SecretStr | None = None
    clickhouse_cluster: str = Field(default="", pattern=r"^\w*$")
    database_port: int = Port
    dashboard_port: int = Port
    dagster_port: int = Port
    rules: Place | None = None
    rule_status: tuple[RuleStatus, ...] = ("stable", "test", "experimental")
    min_level: Level = "informational"
    inventory: Place | None = None
    mappings: Place | None = None
    scan_targets: tuple[str, ...] = ()
    retention_days: int = Field(default=190, ge=1, le=36_500)
    retention_days_of: dict[str, Annotated[int, Field(ge=1, le=36_500)]] = {}
    alert_group_minutes: int = Field(default=60, ge=0, le=7 * 24 * 60)
    flow_active_seconds: int = Field(default=1800, ge=1, le=24 * 60 * 60)
    flow_idle_seconds: int = Field(default=120, ge=1, le=24 * 60 * 60)
    capture_applications: bool = True
    syslog_zone: Zone = "UTC"
    syslog_zone_of: dict[str, Zone] = {}
    scope: str = Field(default="fuzhou", pattern=r"^[a-z0-9][a-z0-9/_-]*$")
    language: Literal["zh", "en"] = "zh"
    listen_syslog_udp: str = ""
    listen_syslog_tcp: str = ""
    listen_syslog_tls: str = ""
    listen_tls_certificate: Place | None = None
    listen_tls_key: Place | None = None
    listen_tls_client_ca: Place | None = None
    listen_exports_udp: str = ""
    listen_files: tuple[str, ...] = ()
    listen_folder: Place | None = None
    listen_captures: tuple[Place, ...] = ()
    listen_interfaces: tuple[str, ...] = ()
    listen_dumpcap: tuple[str, ...] = ()
    listen_spool_mib: int = Field(default=2048, ge=16)

    @property
    def inbox(self) -> Path:
        """The drop folder that the ingestion sensor watches."""
        return self.home / "inbox"

    @property
    def listens(self) -> bool:
        """Whether anything is to be listened to."""
        sockets = (self.listen_syslog_udp, self.listen_syslog_tcp, self.listen_syslog_tls, self.listen_exports_udp)
        captures = (self.listen_captures, self.listen_interfaces, self.listen_dumpcap)
        return any((*sockets, *captures, self.listen_files, self.listen_folder))

    @property
    def spool(self) -> Path:
        """Where what was heard waits to be stored."""
        return self.home / "spool"

    @property
    def series_notes(self) -> Path:
        """Where the flows that captures have open are written down."""
        return self.spool / "series"

    def dumpcap_ring(self, interface: str) -> Path:
        """The folder that dumpcap fills for an interface."""
        return self.spool / "dumpcap" / interface.replace("/", "_")

    @property
    def inventory_file(self) -> Path:
        """The inventory of monitored assets: the configured one, or `inventory.yml` in the home."""
        return self.inventory if self.inventory is not None else self.home / "inventory.yml"

    @property
    def mappings_folder(self) -> Path:
        """The site's own mappings of logs: the configured folder, or `mappings` in the home."""
        return self.mappings if self.mappings is not None else self.home / "mappings"

    @property
    def run_folder(self) -> Path:
        """Where running parts leave their addresses and logs."""
        return self.home / "run"

    @property
    def database_folder(self) -> Path:
        """Where the embedded database keeps its data."""
        return self.home / "database"

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps its runs."""
        return self.home / "dagster"

    @property
    def key_file(self) -> Path:
        """The secret behind fingerprints of personal data, made on first use."""
        return self.home / "secrets" / "fingerprint.key"

    @property
    def audit_heads(self) -> Path:
        """Where heads of the audit chain are kept, outside of the database."""
        return self.home / "audit" / "heads"

    @property
    def rule_cache(self) -> Path:
        """Where compiled rule sets are kept; what is missing there is made anew."""
        return self.home / "cache" / "rules"

    @property
    def known_clocks(self) -> Path:
        """In which zones the clocks of those stand that are heard."""
        return self.home / "exporters" / "clocks.json"

    @property
    def known_exporters(self) -> Path:
        """What flow exporters announced: their templates, and what their options say."""
        return self.home / "exporters" / "known.json"

    @property
    def site_rules(self) -> Path:
        """The site's own Sigma rules, which judge beside those of the content folder."""
        return self.home / "rules" / "sigma"

    @property
    def rules_folder(self) -> Path:
        """The content folder: the configured one, or the one that ships."""
        return self.rules if self.rules is not None else Path(str(files("rules")))
