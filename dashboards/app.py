"""The script that Streamlit runs for every reader; `dashboards.serving` starts it."""

import streamlit as st

from assets.errors import AssetError
from dashboards.connection import Connections, connections
from dashboards.errors import DatabaseAbsent
from dashboards.navigation import run, say_absent, say_failed
from rongdun.settings import Settings
from store.errors import ConnectionFailed, StoreError


def main() -> None:
    """Show the page that the reader asked for, or say what to do where that is not possible."""
    settings = Settings()
    try:
        run(
            _connections(settings),
            root=settings.scope,
            language=settings.language,
            rules=settings.rules_folder,
            site=settings.site_rules,
            group_minutes=settings.alert_group_minutes,
        )
    except (DatabaseAbsent, ConnectionFailed) as absent:
        say_absent(absent, language=settings.language)
    except (StoreError, AssetError) as failed:
        say_failed(failed, language=settings.language)


@st.cache_resource(ttl="5s", show_spinner=False)
def _connections(_settings: Settings) -> Connections:
    """Looked up anew every few seconds: the database may have moved to another port."""
    return connections(_settings)


if __name__ == "__main__":
    main()
