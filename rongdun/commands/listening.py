"""`rongdun listen`: what is sent here becomes rows as it comes."""

from typing import Annotated

import typer

from rongdun.console import err, harmless, out, print_json
from rongdun.listener import listen as hear
from rongdun.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="A JSON document a second on standard output, one a line.")]


def listen(as_json: Json = False) -> None:
    """Receive syslog, flow exports and packets, follow logs and captures, as RONGDUN_LISTEN_… say; Ctrl-C stops."""
    settings = Settings()
    said = False

    def tell(counts: dict[str, object]) -> None:
        nonlocal said
        if as_json:
            print_json(counts)
            return
        if not said:
            said = True
            out().print(f"listening: {', '.join(_feeds(counts))}", markup=False, highlight=False)
        if problem := _problem(counts):
            err().print(harmless(f"the database takes nothing at the moment: {problem}"), markup=False)

    hear(settings, tell, lambda problem: err().print(harmless(problem), markup=False, highlight=False, soft_wrap=True))


def _feeds(counts: dict[str, object]) -> list[str]:
    heard = counts.get("heard")
    feeds = heard.get("feeds") if isinstance(heard, dict) else None
    return sorted(feeds) if isinstance(feeds, dict) else []


def _problem(counts: dict[str, object]) -> str:
    storing = counts.get("storing")
    return str(storing.get("problem") or "") if isinstance(storing, dict) else ""
