"""The city's public web sites: access logs of citizens, search engines and a few scanners."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Site:
    """A public site: where its log is, how busy it is, and its name where the log says it."""

    path: str
    requests: int
    name: str = ""


APPLY = Site("telemetry/gov-cloud-hosts/apply-03/access.log", 8_000, "apply-03.cloud.fuzhou.example.org")
_SITES = (
    Site("telemetry/gov-cloud-hosts/portal-01/access.log", 11_000, "portal-01.cloud.fuzhou.example.org"),
    Site("telemetry/gov-cloud-hosts/portal-02/access.log.gz", 8_000),
    APPLY,
)


def happen(world: World) -> None:
    """Write the access log of every public site."""
    for site in _SITES:
        dice = world.dice(f"web/{site.path}")
        for at in moments(dice, world.day, site.requests, CITIZENS):
            request(world, site, at, _visit(dice))
        for at in moments(dice, world.day, 40, MACHINES):
            request(world, site, at, _probe(dice))


def request(world: World, site: Site, at: int, asked: WebRequest) -> None:
    """Write one request into the log of a site."""
    world.chronicle.line(site.path, at, combined(at, asked, site=site.name))


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
