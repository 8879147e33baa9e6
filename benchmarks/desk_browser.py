"""How long a whole page of the desk takes in a browser: from the navigation until nothing is drawn any more."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import psutil
from playwright.sync_api import Browser, CDPSession, Locator, Page, sync_playwright

from rongdun.parts import await_answer

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
ROUNDS = 5

_FIGURES = ("drawn", "browser", "desk", "database", "work")

# Pages that the side bar leads to, by the number of their link, counted from 0.
_LINKED = {"overview": 0, "alerts": 1, "data_protection": 2, "assets": 3, "health": 4}

_PATIENCE_SECONDS = 60
_FORGOTTEN_SECONDS = 11  # by then the desk shares no answer of the round before

# A reader's browser is open before the desk is asked for. Chromium's own window (the menus of its address bar are pages
# too, of hundreds of files) takes both cores of a small machine for more than a second.
_WINDOW_SECONDS = 2.5

# A page is drawn once its script has run, no placeholder is left, and nothing changed for a second; what counts is
# when the last change was that can be seen, in milliseconds from the navigation. What a table writes in a canvas can be
# seen; what stands between a canvas's tags is for screen readers, and comes a third of a second later.
_WATCH = """
window.lastChange = 0;
const changed = () => { window.lastChange = performance.now(); };
const element = node => node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
const unseen = record => {
    const canvas = element(record.target)?.closest('canvas');
    return canvas && !(record.type === 'attributes' && record.target === canvas);
};
new MutationObserver(records => { if (!records.every(unseen)) changed(); })
    .observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (...text) { changed(); return write.apply(this, text); };
"""
_DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app !== null && app.dataset.testScriptState === 'notRunning'
        && document.querySelector('[data-testid=stHeading]') !== null
        && document.querySelector('[data-testid=stSkeleton]') === null
        && performance.now() - window.lastChange > 1000;
}"""


@dataclass(frozen=True)
class Drawing:
    """One page, drawn once, in seconds.

    Attributes:
        drawn: from the navigation until nothing changed any more, by the clock.
        browser: processor time of the page's own thread.
        desk: processor time of the dashboard's process.
        database: processor time of the database's process.
    """

    drawn: float
    browser: float
    desk: float
    database: float

    @property
    def work(self) -> float:
        """All processor time: what the clock shows on an idle machine on which nothing overlaps."""
        return self.browser + self.desk + self.database


def drawing_times(home: Path, paths: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Seconds for each page, over the database that runs for a home: by the clock and in processor time, medians.

    Under its own name a page is drawn for a reader who comes for the first time: a new session and an empty browser
    cache; `first` is the first page after the desk was started. `PAGE, turned to` is drawn for one who is at the desk
    already and turns to it from another page: by the side bar, or, where it has no link there, by its address. A
    machine that others use too makes the clock's figures worse, not the processor's.
    """
    database = psutil.Process(int(json.loads((home / "run" / "database.json").read_text(encoding="utf-8"))["pid"]))
    with _desk(home) as (address, desk), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        rounds = {"first": [_drawn(browser, f"{address}/{paths['overview']}", desk, database)]}
        for _ in range(ROUNDS):
            time.sleep(_FORGOTTEN_SECONDS)
            for page, path in paths.items():
                rounds.setdefault(page, []).append(_drawn(browser, f"{address}/{path}", desk, database))
            time.sleep(_FORGOTTEN_SECONDS)
            for page, drawing in _turned(browser, address, paths, desk, database):
                rounds.setdefault(f"{page}, turned to", []).append(drawing)
        browser.close()
    return {page: _summary(each) for page, each in rounds.items()}


def _summary(drawings: Sequence[Drawing]) -> dict[str, float]:
    figures = {name: median(getattr(each, name) for each in drawings) for name in _FIGURES}
    figures |= {"fastest": min(each.drawn for each in drawings), "slowest": max(each.drawn for each in drawings)}
    return {name: round(seconds, 3) for name, seconds in figures.items()}


def _drawn(browser: Browser, address: str, desk: psutil.Process, database: psutil.Process) -> Drawing:
    with _reader(browser) as page:
        return _measured(page, desk, database, lambda: page.goto(address, wait_until="commit"))


def _turned(
    browser: Browser, address: str, paths: Mapping[str, str], desk: psutil.Process, database: psutil.Process
) -> Iterator[tuple[str, Drawing]]:
    """One reader turns from page to page; a page that the side bar leads to comes after another one."""
    with _reader(browser) as page:
        page.goto(f"{address}/{paths['health']}", wait_until="commit")
        page.wait_for_function(_DRAWN, polling=100)
        for name, path in paths.items():
            if name in _LINKED:
                link = page.get_by_test_id("stSidebarNavLink").nth(_LINKED[name])
                yield name, _measured(page, desk, database, partial(_followed, page, link))
            else:
                opened = partial(page.goto, f"{address}/{path}", wait_until="commit")
                yield name, _measured(page, desk, database, opened)


def _followed(page: Page, link: Locator) -> None:
    """Start the clock, follow the link, and wait until the desk has heard of it."""
    page.evaluate("window.turned = performance.now(); window.lastChange = window.turned")
    link.click()
    page.wait_for_function("window.lastChange > window.turned", polling=20)


@contextmanager
def _reader(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="zh-CN")
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_SECONDS * 1000)
    time.sleep(_WINDOW_SECONDS)
    yield page
    context.close()


def _measured(page: Page, desk: psutil.Process, database: psutil.Process, begin: Callable[[], object]) -> Drawing:
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = [_processor_seconds(each) for each in (desk, database)]
    task = _task_seconds(meter)
    begin()
    page.wait_for_function(_DRAWN, polling=100)
    after = [_processor_seconds(each) for each in (desk, database)]
    if page.get_by_test_id("stException").count() or page.get_by_test_id("stAlertContentError").count():
        raise RuntimeError(f"{page.url} shows an error: {page.inner_text('[data-testid=stMain]')[:500]}")
    drawn = float(page.evaluate("window.lastChange - (window.turned ?? 0)")) / 1000
    spent = _task_seconds(meter)
    served, asked = (late - early for late, early in zip(after, before, strict=True))
    meter.detach()
    # A navigation may begin a new count.
    return Drawing(drawn, spent - task if spent > task else spent, served, asked)


def _task_seconds(meter: CDPSession) -> float:
    metrics = {each["name"]: float(each["value"]) for each in meter.send("Performance.getMetrics")["metrics"]}
    return metrics["TaskDuration"]


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@contextmanager
def _desk(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of a desk that was just started, with the flags that `rongdun up` gives it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    flags = ["--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    flags += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    with (home / "desk.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboards.serving", *flags],
            env={**os.environ, "RONGDUN_HOME": str(home)},
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            await_answer(f"http://127.0.0.1:{port}/_stcore/health", [])
            yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(10)
