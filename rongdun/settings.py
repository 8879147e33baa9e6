"""Settings: the only place that reads the environment."""

from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Field(default=0, ge=0, le=65535)


class Settings(BaseSettings):
    """What can be set, all through `RONGDUN_*` variables. Port 0 means: any free one."""

    model_config = SettingsConfigDict(env_prefix="RONGDUN_", frozen=True)

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("rongdun")))
    clickhouse_url: SecretStr | None = None
    clickhouse_cluster: str = Field(default="", pattern=r"^\w*$")
    database_port: int = Port
    dashboard_port: int = Port
    dagster_port: int = Port
    rules: Path | None = None
    inventory: Path | None = None
    scope: str = Field(default="fuzhou", pattern=r"^[a-z0-9][a-z0-9/_-]*$")
    language: Literal["zh", "en"] = "zh"

    @property
    def inbox(self) -> Path:
        """The drop folder that the ingestion sensor watches."""
        return self.home / "inbox"

    @property
    def database_folder(self) -> Path:
        """Where the embedded database keeps its data."""
        return self.home / "database"
