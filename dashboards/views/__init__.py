"""The pages of the desk, by the name in their address, with what shows them and their icon."""

from collections.abc import Callable

from dashboards.desk import Desk
from dashboards.views import alerts, assets, data_protection, data_use, health, overview

VIEWS: dict[str, tuple[Callable[[Desk], None], str]] = {
    "overview": (overview.show, ":material/monitoring:"),
    "alerts": (alerts.show, ":material/notifications_active:"),
    "data_protection": (data_protection.show, ":material/policy:"),
    "data_use": (data_use.show, ":material/key:"),
    "assets": (assets.show, ":material/lan:"),
    "health": (health.show, ":material/conversion_path:"),
}
