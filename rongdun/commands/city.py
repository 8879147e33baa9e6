"""`rongdun demo`: one day of a small city, from raw telemetry to posture on screen."""

import shutil
import time
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from rongdun.commands.lifecycle import announce
from rongdun.console import err, out, print_json, print_table, progress
from rongdun.settings import Settings
from rongdun.summary import Rows, summarise
from rongdun.up import start_detached
from store.session import open_store

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

_ACTOR = "rongdun demo"
_NUMBERS = frozenset({"alerts", "assets", "rows", "hits", "score", "open_alerts", "seconds"})
_HEADINGS = {
    "worst_assets": "worst assets (score 0 worst, 100 best)",
    "top_alerts": "top alerts",
    "unmasked_personal_data": "unmasked personal data",
}


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the summary.")] = False,
    seed: Annotated[int, typer.Option(help="Same seed and day, same bytes.")] = 591,
    day: Annotated[str, typer.Option(help="The day to write, as 2026-03-01; without it, yesterday in Fuzhou.")] = "",
    as_json: Json = False,
) -> None:
    """Write a day of a small city, run the main job over it, and show what was found."""
    # Dagster and the city's generator take seconds to import: only this command pays for them.
    from dlp.access_policy import access_policy_of  # noqa: PLC0415
    from dlp.grading_policy import grading_of  # noqa: PLC0415
    from pipelines.catalogue import import_catalogue  # noqa: PLC0415
    from pipelines.grant_files import import_grants  # noqa: PLC0415
    from rongdun.demo.city import write_city  # noqa: PLC0415
    from rongdun.demo.findings import stories_found  # noqa: PLC0415
    from rongdun.main_job import run_main_job  # noqa: PLC0415

    settings = Settings()
    rules = settings.rules_folder
    folder = settings.home / "demo-city"
    began = time.monotonic()
    with progress("writing the city") as advance:
        shutil.rmtree(folder, ignore_errors=True)
        city = write_city(folder, seed=seed, day=_day(day))
        advance(1.0, "")
    wrote = time.monotonic() - began
    if not settings.inventory_file.exists():
        settings.inventory_file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(city.inventory, settings.inventory_file)
    with progress("running the main job") as advance, open_store(settings) as store:
        import_catalogue(city.catalogue, store, grading_of(rules), actor=_ACTOR)
        import_grants(city.grants, store, access_policy_of(rules), actor=_ACTOR)
        times = run_main_job(settings, paths=[city.telemetry], targets=[str(city.tables)], progress=advance)
        found = stories_found(city, store)
        summary = summarise(store)
    steps: Rows = [{"step": "write the city", "seconds": round(wrote, 1)}]
    steps += [{"step": entry.step, "seconds": round(entry.seconds, 1)} for entry in times]
    steps.append({"step": "all of it", "seconds": round(time.monotonic() - began, 1)})
    stories: Rows = [result.as_row() for result in found]
    if as_json:
        print_json({**summary, "stories": stories, "steps": steps})
    else:
        _show(summary, stories, steps)
    if not all(result.found for result in found):
        err().print("not every story was found")
    if not once:
        with progress("starting the desk"):
            now = start_detached(settings)
        announce(now)


def _day(text: str) -> date:
    if not text:
        return (datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2026-03-01", param_hint="--day") from error


def _show(summary: dict[str, Rows], stories: Rows, steps: Rows) -> None:
    counts = summary["counts"][0]
    out().print("  ".join(f"{name.replace('_', ' ')}: {count:,}" for name, count in counts.items()), highlight=False)
    for name, heading in _HEADINGS.items():
        print_table(heading, summary[name], right=_NUMBERS)
    print_table("the stories", stories)
    print_table("how long it took", steps, right=_NUMBERS)
