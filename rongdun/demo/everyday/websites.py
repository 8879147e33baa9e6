"""The city's public web sites: access logs of citizens, search engines and a few scanners."""

from rongdun.demo.dice import Dice
from rongdun.demo.formats.web import WebRequest, combined
from rongdun.demo.moments import CITIZENS, MACHINES, moments
from rongdun.demo.people import AGENTS, SCANNERS, citizen
from rongdun.demo.world import World

_PAGES = (
    ("/", 200, 30),
    ("/zwfw/list?page=2", 200, 20),
    ("/zwfw/item/1024", 200, 18),
    ("/static/app.js", 200, 24),
    ("/static/logo.png", 200, 20),
    ("/user/login", 200, 10),
    ("/apply/form/residence", 200, 9),
    ("/news/notice.html", 200, 8),
    ("/static/app.css", 304, 15),
    ("/old/index.asp", 404, 1),
)
_PROBES = ("/robots.txt", "/favicon.ico", "/.well-known/security.txt", "/admin/", "/login.php")
_SITES = {
    "telemetry/gov-cloud-hosts/portal-01/access.log": 11_000,
    "telemetry/gov-cloud-hosts/portal-02/access.log.gz": 8_000,
    "telemetry/gov-cloud-hosts/apply-03/access.log": 8_000,
}


def happen(world: World) -> None:
    """Write the access log of every public site."""
    for path, requests in _SITES.items():
        dice = world.dice(f"web/{path}")
        for at in moments(dice, world.day, requests, CITIZENS):
            world.chronicle.line(path, at, combined(at, _visit(dice)))
        for at in moments(dice, world.day, 40, MACHINES):
            world.chronicle.line(path, at, combined(at, _probe(dice)))


def _visit(dice: Dice) -> WebRequest:
    target, status, _ = dice.choices(_PAGES, weights=[weight for _, _, weight in _PAGES])[0]
    method = "POST" if target == "/apply/form/residence" and dice.random() < 0.5 else "GET"
    return WebRequest(
        client=citizen(dice),
        target=target,
        agent=dice.choice(AGENTS),
        method=method,
        status=status,
        size=0 if status == 304 else dice.randrange(400, 60_000),
        referrer="https://portal.fuzhou.example.org/" if dice.random() < 0.6 else "-",
    )


def _probe(dice: Dice) -> WebRequest:
    target = dice.choice(_PROBES)
    return WebRequest(dice.choice(SCANNERS), target, "Mozilla/5.0 (compatible; survey/1.0)", status=404, size=153)
