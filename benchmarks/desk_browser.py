"""How long a whole page of the desk takes in a browser: from the navigation until nothing is drawn any more."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from rongdun.parts import await_answer

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
ROUNDS = 5

_PATIENCE_SECONDS = 60
_FORGOTTEN_SECONDS = 11  # by then the desk shares no answer of the round before

# A page is drawn once its script has run, no placeholder is left, and nothing changed for a second; what counts is
# when the last change was, in milliseconds from the navigation.
_WATCH = """
window.lastChange = 0;
new MutationObserver(() => { window.lastChange = performance.now(); })
    .observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
_DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app !== null && app.dataset.testScriptState === 'notRunning'
        && document.querySelector('[data-testid=stHeading]') !== null
        && document.querySelector('[data-testid=stSkeleton]') === null
        && performance.now() - window.lastChange > 1000;
}"""


def drawing_times(home: Path, paths: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Seconds until each page is drawn, over the database that runs for a home: fastest, median and slowest round.

    Every round is a reader who comes for the first time: a new session and an empty browser cache. `first` is the first
    page after the desk was started.
    """
    with _desk(home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        first = _drawn(browser, f"{address}/{paths['overview']}")
        rounds: dict[str, list[float]] = {page: [] for page in paths}
        for _ in range(ROUNDS):
            time.sleep(_FORGOTTEN_SECONDS)
            for page, path in paths.items():
                rounds[page].append(_drawn(browser, f"{address}/{path}"))
        browser.close()
    times = {"first": [first], **rounds}
    return {page: {"fastest": min(each), "median": median(each), "slowest": max(each)} for page, each in times.items()}


def _drawn(browser: Browser, address: str) -> float:
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="zh-CN")
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_SECONDS * 1000)
    page.goto(address, wait_until="commit")
    page.wait_for_function(_DRAWN, polling=100)
    if page.get_by_test_id("stException").count() or page.get_by_test_id("stAlertContentError").count():
        raise RuntimeError(f"{address} shows an error: {page.inner_text('[data-testid=stMain]')[:500]}")
    milliseconds = float(page.evaluate("window.lastChange"))
    context.close()
    return round(milliseconds / 1000, 3)


@contextmanager
def _desk(home: Path) -> Iterator[str]:
    """The address of a desk that was just started, with the flags that `rongdun up` gives it."""
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
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)
