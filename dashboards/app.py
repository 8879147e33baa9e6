"""The desk's entry: `streamlit run dashboards/app.py`."""

from assets.errors import AssetError
from dashboards.connection import connections
from dashboards.errors import DatabaseAbsent
from dashboards.navigation import run, say_absent, say_failed
from rongdun.settings import Settings
from store.errors import ConnectionFailed, StoreError


def main() -> None:
    """Show the page that the reader asked for, or say what to do where that is not possible."""
    settings = Settings()
    try:
        run(
            connections(settings),
            root=settings.scope,
            language=settings.language,
            rules=settings.rules_folder,
        )
    except (DatabaseAbsent, ConnectionFailed) as absent:
        say_absent(absent, language=settings.language)
    except (StoreError, AssetError) as failed:
        say_failed(failed, language=settings.language)


if __name__ == "__main__":
    main()
