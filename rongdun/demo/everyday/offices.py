"""The civil affairs office: Windows events of four desks, one of them exported as XML by the event viewer."""

from collections.abc import Iterator

from rongdun.demo.dice import Dice
from rongdun.demo.formats.windows import SECURITY, WindowsEvent, as_json, as_xml
from rongdun.demo.moments import OFFICE, SECOND, every, moments
from rongdun.demo.world import World, place

_SYSMON = "Microsoft-Windows-Sysmon/Operational"
_PROGRAMS = (
    ("C:\\Program Files\\WPS Office\\et.exe", '"C:\\Program Files\\WPS Office\\et.exe" D:\\work\\table.xlsx'),
    ("C:\\Program Files\\WPS Office\\wps.exe", '"C:\\Program Files\\WPS Office\\wps.exe" D:\\work\\notice.docx'),
    (
        "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
        '"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"',
    ),
    ("C:\\Windows\\System32\\notepad.exe", '"C:\\Windows\\System32\\notepad.exe" D:\\work\\memo.txt'),
    ("C:\\Windows\\explorer.exe", "C:\\Windows\\explorer.exe"),
)
_EXPLORER = "C:\\Windows\\explorer.exe"


def happen(world: World) -> None:
    """Write the events of every desk, numbered in order of time."""
    for host in place("civil-affairs-office").hosts:
        seen = sorted(_desk_day(world, host), key=lambda event: event.at)
        for record, event in enumerate(seen, start=40_001):
            numbered = WindowsEvent(
                event.at, event.computer, event.channel, event.provider, event.event_id, record, event.values
            )
            _note(world, host, numbered)


def _note(world: World, host: str, event: WindowsEvent) -> None:
    desk = _desk(host)
    if desk == "pc-074":
        world.chronicle.line(f"telemetry/civil-desks/{desk}/events.xml", event.at, as_xml(event))
    else:
        world.chronicle.line(f"telemetry/civil-desks/{desk}/events.jsonl", event.at, as_json(event))


def _desk_day(world: World, host: str) -> Iterator[WindowsEvent]:
    dice = world.dice(f"windows/{host}")
    user = f"clerk{_desk(host)[-2:]}"
    yield from (_service_state(dice, at, host) for at in every(dice, world.day, 900))
    for at in moments(dice, world.day, 45, OFFICE):
        yield from _sign_in(dice, at, host, user)
    for at in moments(dice, world.day, 320, OFFICE):
        yield from _program_start(dice, at, host, user)


def _service_state(dice: Dice, at: int, host: str) -> WindowsEvent:
    service = dice.choice(("Windows Update", "Windows Time", "Background Intelligent Transfer Service"))
    state = {"param1": service, "param2": dice.choice(("running", "stopped"))}
    return WindowsEvent(at, host, "System", "Service Control Manager", 7036, 0, state)


def _sign_in(dice: Dice, at: int, host: str, user: str) -> Iterator[WindowsEvent]:
    identity: dict[str, str | int] = {
        "SubjectUserSid": "S-1-5-18",
        "SubjectUserName": f"{_desk(host).upper()}$",
        "TargetUserName": user,
        "TargetDomainName": "CIVIL",
        "LogonType": 7,
        "LogonProcessName": "User32 ",
        "AuthenticationPackageName": "Negotiate",
        "WorkstationName": _desk(host).upper(),
        "IpAddress": "127.0.0.1",
        "IpPort": "0",
    }
    if dice.random() < 0.06:
        wrong = identity | {"Status": "0xc000006d", "SubStatus": "0xc000006a"}
        yield WindowsEvent(at - 6 * SECOND, host, "Security", SECURITY, 4625, 0, wrong)
    session: dict[str, str | int] = {"TargetLogonId": f"0x{dice.getrandbits(28):x}"}
    yield WindowsEvent(at, host, "Security", SECURITY, 4624, 0, identity | session)
    ended = at + dice.randrange(300, 3_000) * SECOND
    leaving: dict[str, str | int] = {"TargetUserName": user, "TargetDomainName": "CIVIL", "LogonType": 7}
    yield WindowsEvent(ended, host, "Security", SECURITY, 4634, 0, leaving | session)


def _program_start(dice: Dice, at: int, host: str, user: str) -> Iterator[WindowsEvent]:
    image, command = dice.choice(_PROGRAMS)
    number = dice.randrange(1_000, 30_000)
    security: dict[str, str | int] = {
        "SubjectUserName": user,
        "SubjectDomainName": "CIVIL",
        "NewProcessId": f"0x{number:x}",
        "NewProcessName": image,
        "CommandLine": command,
        "ParentProcessName": _EXPLORER,
        "TokenElevationType": "%%1938",
    }
    yield WindowsEvent(at, host, "Security", SECURITY, 4688, 0, security)
    sysmon: dict[str, str | int] = {
        "RuleName": "-",
        "ProcessId": number,
        "Image": image,
        "CommandLine": command,
        "CurrentDirectory": "D:\\work\\",
        "User": f"CIVIL\\{user}",
        "IntegrityLevel": "Medium",
        "ParentImage": _EXPLORER,
        "ParentCommandLine": _EXPLORER,
    }
    yield WindowsEvent(at + 1_000, host, _SYSMON, "Microsoft-Windows-Sysmon", 1, 0, sysmon)


def _desk(host: str) -> str:
    return host.partition(".")[0]
