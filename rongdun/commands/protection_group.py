"""The group `rongdun dlp`: each module registers its commands on the app when it is imported."""

from rongdun.commands import protection_checks
from rongdun.commands.protection import app

__all__ = ["app", "protection_checks"]
