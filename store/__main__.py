"""`python -m store`: the embedded server's process."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from store.errors import StoreError, StoreTaken
from store.processes import EXIT_REFUSED, EXIT_TAKEN


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the server; the exit code is 0 after an orderly end, 3 when the folder is taken, 2 for other refusals."""
    # The engine takes its zone from the process, and every time here is UTC. Its configuration file is not asked.
    os.environ["TZ"] = "UTC"
    time.tzset()
    # The engine makes its files readable by all; what is in them is not for all.
    os.umask(0o077)
    from store.server import Place, serve  # noqa: PLC0415 - loads the engine, which has to find the above

    parser = argparse.ArgumentParser(prog="python -m store", description="ClickHouse over HTTP on loopback.")
    parser.add_argument("--folder", type=Path, required=True, help="where the data is")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--endpoint-file", type=Path, required=True, help="written once it answers")
    parser.add_argument("--password-file", type=Path, required=True, help="made if absent")
    parser.add_argument("--idle-exit", type=int, help="end after so many seconds without a request")
    options = parser.parse_args(arguments)
    place = Place(options.folder.resolve(), options.endpoint_file.resolve(), options.password_file.resolve())
    try:
        serve(place, port=options.port, idle_exit=options.idle_exit)
    except StoreTaken as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_TAKEN
    except (StoreError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
