"""Servers and field devices: syslog of every host, all day, and the audit daemon of the cloud's front hosts."""

from base64 import b64encode
from collections.abc import Iterator

from rongdun.demo.dice import Dice
from rongdun.demo.formats import syslog
from rongdun.demo.formats.audit import Execution, execution_records
from rongdun.demo.moments import HOUR, MACHINES, OFFICE, SECOND, every, moments
from rongdun.demo.people import ADMINISTRATORS, BASTION, TIME_SERVER, high_port
from rongdun.demo.world import CORPORATE_SYSLOG, Place, World, places

_CHORES = (
    "/usr/bin/systemctl status nginx",
    "/usr/bin/journalctl -u app --since today",
    "/usr/bin/df -h",
    "/usr/bin/systemctl reload nginx",
    "/usr/bin/apt list --upgradable",
)
_SECURE = syslog.priority(syslog.AUTHPRIV, syslog.INFO)
_METRICS = Execution("/usr/bin/python3.11", ("/usr/bin/python3", "/opt/metrics/collect.py"), pid=0, parent_pid=812)
_ROUTINES = (
    _METRICS,
    Execution("/usr/bin/df", ("df", "-P"), pid=0, parent_pid=812),
    Execution("/usr/sbin/logrotate", ("/usr/sbin/logrotate", "/etc/logrotate.conf"), pid=0, parent_pid=640),
    Execution("/usr/bin/find", ("find", "/var/cache/app", "-mtime", "+7", "-type", "f"), pid=0, parent_pid=640),
)


def happen(world: World) -> None:
    """Write the day of every host that expects to be heard."""
    for place in places():
        if "syslog" in place.expected_sources:
            _host_day(world, place)
        if "auditd" in place.expected_sources:
            _audited_day(world, place)


def log(world: World, place: Place, at: int, program: str, message: str, *, pid: int = 0, priority: int = 30) -> None:
    """Write one syslog line of a host, unless its log source has stopped by then."""
    if at >= world.silent_from.get(place.host, world.day.end):
        return
    write = syslog.rfc5424 if place.syslog == CORPORATE_SYSLOG else syslog.rfc3164
    world.chronicle.line(place.syslog, at, write(at, place.host, program, message, pid=pid, priority=priority))


def audit_path(place: Place) -> str:
    """The file in which a host's audit records are kept."""
    return f"telemetry/gov-cloud-hosts/{place.host.split('.')[0]}/audit.log"


def _host_day(world: World, place: Place) -> None:
    dice = world.dice(f"syslog/{place.host}")
    for at in every(dice, world.day, 300):
        job = f"(root) CMD (/usr/local/bin/collect-metrics {place.asset_id})"
        log(
            world,
            place,
            at,
            "CRON",
            job,
            pid=dice.randrange(2_000, 60_000),
            priority=syslog.priority(syslog.CRON, syslog.INFO),
        )
    for at in every(dice, world.day, 1_024):
        log(world, place, at, "chronyd", f"Selected source {TIME_SERVER}", pid=702)
    for at in every(dice, world.day, 3_600):
        log(world, place, at, "systemd", "Started Rotate log files.", pid=1)
    renewed = world.day.at("04:30") + dice.randrange(HOUR)
    log(world, place, renewed, "certbot", f"Certificate of {place.host} renewed, valid for 90 days", pid=3_310)
    for at, message in _service_lines(dice, world, place):
        log(world, place, at, _service(place), message, pid=1_204)
    for at in moments(dice, world.day, dice.randrange(3, 9), OFFICE):
        _administer(dice, world, place, at)


def _service(place: Place) -> str:
    return {"gateway": "gatewayd", "scada server": "scada", "router": "bgpd"}.get(place.kind, "app")


def _service_lines(dice: Dice, world: World, place: Place) -> Iterator[tuple[int, str]]:
    for number, at in enumerate(every(dice, world.day, 120, jitter=0.3)):
        yield at, f"cycle {number} done, {dice.randrange(20, 400)} points in {dice.randrange(40, 900)} ms"
    for at in moments(dice, world.day, 240, MACHINES if place.sector == "power" else OFFICE):
        yield at, f"request served in {dice.randrange(3, 700)} ms"


def _administer(dice: Dice, world: World, place: Place, at: int) -> None:
    """One administrator's visit from the bastion: sometimes a mistyped password, some chores, the way out."""
    user, pid, port = dice.choice(ADMINISTRATORS), dice.randrange(2_000, 60_000), high_port(dice)

    def say(program: str, message: str) -> None:
        log(world, place, at, program, message, pid=pid * (program == "sshd"), priority=_SECURE)

    for _ in range(dice.choices((0, 1, 2), weights=(85, 12, 3))[0]):
        say("sshd", f"Failed password for {user} from {BASTION} port {port} ssh2")
        at += dice.randrange(3, 9) * SECOND
    fingerprint = b64encode(dice.randbytes(32)).decode().rstrip("=")
    say("sshd", f"Accepted publickey for {user} from {BASTION} port {port} ssh2: ED25519 SHA256:{fingerprint}")
    say("sshd", f"pam_unix(sshd:session): session opened for user {user}(uid=1003) by (uid=0)")
    for _ in range(dice.randrange(0, 4)):
        at += dice.randrange(20, 400) * SECOND
        say("sudo", f"{user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND={dice.choice(_CHORES)}")
    at += dice.randrange(60, 900) * SECOND
    say("sshd", f"pam_unix(sshd:session): session closed for user {user}")


def _audited_day(world: World, place: Place) -> None:
    dice = world.dice(f"auditd/{place.host}")
    for serial, at in enumerate(every(dice, world.day, 120), start=10_000):
        routine = dice.choice(_ROUTINES)
        late_job = at - world.day.start < HOUR  # the cache is only swept at night
        run = routine if late_job or routine.executable != "/usr/bin/find" else _METRICS
        seen = Execution(run.executable, run.arguments, pid=dice.randrange(2_000, 60_000), parent_pid=run.parent_pid)
        for record in execution_records(at, place.host, serial, seen):
            world.chronicle.line(audit_path(place), at, record)
