"""Records of the Linux audit daemon: a program that was run, as SYSCALL, EXECVE, CWD and PATH records of one event."""

from dataclasses import dataclass

from rongdun.demo.moments import SECOND


@dataclass(frozen=True)
class Execution:
    """A program that was run.

    Attributes:
        arguments: the command line, the program first.
        uid, auid: who it ran as, and who had logged in; 4294967295 when nobody had.
        key: the key of the audit rule that noticed it.
    """

    executable: str
    arguments: tuple[str, ...]
    pid: int
    parent_pid: int
    uid: int = 0
    auid: int = 4_294_967_295
    terminal: str = "(none)"
    key: str = "exec"
    directory: str = "/"


def execution_records(at: int, host: str, serial: int, run: Execution) -> list[str]:
    """The lines of one event, each naming its node, in the order the kernel writes them."""
    head = f"msg=audit({at // SECOND}.{at % SECOND // 1000:03d}:{serial}):"
    command = run.arguments[0].rsplit("/", 1)[-1][:15]
    same = " ".join(f"{name}={run.uid}" for name in ("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"))
    session = 4_294_967_295 if run.auid == 4_294_967_295 else 7
    system_call = (
        f"type=SYSCALL {head} arch=c000003e syscall=59 success=yes exit=0 a0=55d0c1a2 a1=55d0c1b8 a2=55d0c200 a3=8 "
        f"items=1 ppid={run.parent_pid} pid={run.pid} auid={run.auid} {same} tty={run.terminal} ses={session} "
        f'comm="{command}" exe="{run.executable}" key="{run.key}"'
    )
    program_file = (
        f"type=PATH {head} item=0 name={_value(run.executable)} inode={1_000_000 + serial % 90_000} dev=fd:00 "
        "mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0"
    )
    records = (
        system_call,
        f"type=EXECVE {head} argc={len(run.arguments)} {_arguments(run.arguments)}",
        f"type=CWD {head} cwd={_value(run.directory)}",
        program_file,
    )
    return [f"node={host} {record}" for record in records]


def _arguments(arguments: tuple[str, ...]) -> str:
    return " ".join(f"a{number}={_value(argument)}" for number, argument in enumerate(arguments))


def _value(text: str) -> str:
    # The daemon writes hexadecimal for what holds a space, a quote or anything beyond printable ASCII.
    plain = all("!" <= letter <= "~" and letter != '"' for letter in text)
    return f'"{text}"' if plain else text.encode().hex().upper()
