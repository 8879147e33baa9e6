"""The group `rongdun dlp`: each module registers its commands on the app when it is imported."""

from rongdun.commands import protection_checks, protection_masking
from rongdun.commands.protection import app

__all__ = ["app", "protection_checks", "protection_masking"]
