"""Story 1: passwords are guessed over SSH on a government cloud host, then root, then a web shell."""

from rongdun.demo.dice import Dice
from rongdun.demo.everyday.servers import audit_path, log
from rongdun.demo.everyday.websites import APPLY, request
from rongdun.demo.formats import eve, syslog
from rongdun.demo.formats.audit import Execution, execution_records
from rongdun.demo.formats.eve import Flow
from rongdun.demo.formats.web import WebRequest
from rongdun.demo.moments import MINUTE, SECOND, Day, as_datetime
from rongdun.demo.people import high_port
from rongdun.demo.stories.story import AlertExpected, Story
from rongdun.demo.world import EVE, Place, World, place

ATTACKER = "203.0.113.66"
ASSET = "gov-apply-03"
_START = "03:12"
_GUESSING = frozenset(
    {
        "c6e6151b-6128-4599-8e47-514151cdc86b",  # rules/sigma/linux/sshd_brute_force.yml
        "c9ad38a3-a8ec-40ec-b12f-e4b3a20f32d5",  # rules/sigma/linux/sshd_success_after_brute_force.yml
    }
)
_ROOT = frozenset({"4ca08e41-1dea-4bd0-8cf4-2381b785620d"})  # rules/sigma/linux/sudo_root_shell.yml
_WEB_SHELL = frozenset(
    {
        "eb1f1ace-bef8-49b7-8665-1d69f87f8877",  # rules/sigma/web/web_shell_request.yml
        "c53be93e-1fc7-4684-9195-bf23159d159f",  # rules/sigma/linux/web_server_starts_shell.yml
    }
)
_GUESSED = ("root", "admin", "oracle", "test", "deploy", "ubuntu", "postgres", "tomcat")
_TAKEN = "deploy"
_SHELL = "/uploads/2026/form-help.jsp"
_COMMANDS = ("id", "whoami", "uname%20-a", "cat%20/etc/passwd", "ls%20-la%20/opt/app")
_SECURE = syslog.priority(syslog.AUTHPRIV, syslog.INFO)


def story(day: Day) -> Story:
    """What is planted, and the three alerts that must find it."""
    return Story(
        story_id="brute-force",
        title_en="SSH brute force, root, then a web shell on a government cloud host",
        title_zh="政务云主机遭 SSH 口令爆破、提权并被植入网页后门",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 60 * MINUTE),
        asset_ids=frozenset({ASSET}),
        addresses=frozenset({ATTACKER}),
        expects=(
            AlertExpected("passwords guessed over SSH", _GUESSING),
            AlertExpected("a root shell through sudo", _ROOT),
            AlertExpected("commands sent to a web shell", _WEB_SHELL),
        ),
    )


def plant(world: World) -> None:
    """Write the guesses, the login, the root shell, and the requests to the web shell."""
    dice, victim = world.dice("story/brute-force"), place(ASSET)
    at = world.day.at(_START)
    for _ in range(190):
        at += dice.randrange(1, 3) * SECOND
        _guess(world, dice, victim, at)
    at = _enter(world, dice, victim, at + 2 * SECOND)
    _take_root(world, victim, at)
    at += 9 * MINUTE
    for command in _COMMANDS:
        at += dice.randrange(8, 40) * SECOND
        _use_shell(world, dice, victim, at, command)


def _guess(world: World, dice: Dice, victim: Place, at: int) -> None:
    user, port, pid = dice.choice(_GUESSED), high_port(dice), dice.randrange(20_000, 60_000)
    known = "" if user in {"root", _TAKEN} else "invalid user "
    if known:
        log(world, victim, at, "sshd", f"Invalid user {user} from {ATTACKER} port {port}", pid=pid, priority=_SECURE)
    failed = f"Failed password for {known}{user} from {ATTACKER} port {port} ssh2"
    log(world, victim, at + 300_000, "sshd", failed, pid=pid, priority=_SECURE)
    flow = Flow(dice.getrandbits(50), ATTACKER, port, victim.addresses[0], 22)
    ended = eve.flow_ended(at + SECOND, flow, application="ssh", seconds=1.0, bytes_out=1_300, bytes_in=1_900)
    world.chronicle.line(EVE, at + SECOND, ended)


def _enter(world: World, dice: Dice, victim: Place, at: int) -> int:
    accepted = f"Accepted password for {_TAKEN} from {ATTACKER} port {high_port(dice)} ssh2"
    log(world, victim, at, "sshd", accepted, pid=61_007, priority=_SECURE)
    opened = f"pam_unix(sshd:session): session opened for user {_TAKEN}(uid=1003) by (uid=0)"
    log(world, victim, at + 20_000, "sshd", opened, pid=61_007, priority=_SECURE)
    return at + 95 * SECOND


def _take_root(world: World, victim: Place, at: int) -> None:
    command = f"{_TAKEN} : TTY=pts/1 ; PWD=/home/{_TAKEN} ; USER=root ; COMMAND=/bin/bash"
    log(world, victim, at, "sudo", command, priority=syslog.priority(syslog.AUTHPRIV, syslog.NOTICE))
    opened = f"pam_unix(sudo:session): session opened for user root(uid=0) by {_TAKEN}(uid=1003)"
    log(world, victim, at + 15_000, "sudo", opened, priority=_SECURE)
    shell = Execution("/usr/bin/bash", ("/bin/bash",), pid=61_093, parent_pid=61_092, auid=1003, terminal="pts1")
    _audit(world, victim, at + 20_000, 60_001, shell)


def _use_shell(world: World, dice: Dice, victim: Place, at: int, command: str) -> None:
    asked = WebRequest(ATTACKER, f"{_SHELL}?cmd={command}", "python-requests/2.32.3", size=dice.randrange(40, 900))
    request(world, APPLY, at, asked)
    plain = command.replace("%20", " ")
    run = Execution(
        "/usr/bin/dash", ("/bin/sh", "-c", plain), pid=61_400, parent_pid=1_310, uid=998, directory="/opt/app"
    )
    _audit(world, victim, at + 40_000, 60_002 + _COMMANDS.index(command), run)


def _audit(world: World, victim: Place, at: int, serial: int, run: Execution) -> None:
    for record in execution_records(at, victim.host, serial, run):
        world.chronicle.line(audit_path(victim), at, record)
