"""Wireshark's dumpcap, started to fill a ring of capture files: it has the rights to capture, and we need none."""

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pipelines.listening.interfaces import InterfaceRefused, checked_interface

SETTING: Final = "RONGDUN_LISTEN_DUMPCAP"
_FILE_KIB: Final = 32 * 1024
_FILE_SECONDS: Final = 5
_FEWEST_FILES: Final = 4
# It says within this whether it may capture at all.
_START_SECONDS: Final = 2.0
_STOP_SECONDS: Final = 5.0
_SAID_BYTES: Final = 2_000


@dataclass
class Dumpcap:
    """A dumpcap that runs."""

    interface: str
    process: subprocess.Popen[bytes]
    _said: IO[bytes]

    def check(self) -> None:
        """Nothing, while it captures.

        Raises:
            InterfaceRefused: it has ended; the message says what it said.
        """
        if self.process.poll() is None:
            return
        with self._said as file:
            file.seek(0)
            said = " ".join(file.read(_SAID_BYTES).decode(errors="replace").split())
        raise InterfaceRefused(
            f"dumpcap on {self.interface} ended ({self.process.returncode}): {said or 'it said nothing'}. Where the "
            "right is missing: dpkg-reconfigure wireshark-common and the group wireshark, or CAP_NET_RAW"
        )

    def stop(self) -> None:
        """End it; its files stay."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._said.close()


def dumpcap_command(interface: str, folder: Path, *, limit_bytes: int) -> list[str]:
    """What dumpcap is called with: a ring of files of 32 MiB or five seconds, no more of them than the limit holds.

    Raises:
        InterfaceRefused: there is no such interface, or dumpcap is not installed.
    """
    name = checked_interface(interface, SETTING)
    program = shutil.which("dumpcap")
    if program is None:
        raise InterfaceRefused(
            f"setting {SETTING}: dumpcap is not installed (Debian: apt-get install wireshark-common); "
            "RONGDUN_LISTEN_INTERFACES hears an interface without it"
        )
    files = max(_FEWEST_FILES, limit_bytes // (_FILE_KIB * 1024))
    ring = ["-b", f"filesize:{_FILE_KIB}", "-b", f"duration:{_FILE_SECONDS}", "-b", f"files:{files}"]
    return [program, "-q", "-i", name, "-w", str(folder / "ring.pcapng"), *ring]


def start_dumpcap(interface: str, folder: Path, *, limit_bytes: int) -> Dumpcap:
    """A dumpcap that captures at an interface, into a folder.

    Raises:
        InterfaceRefused: there is no such interface, dumpcap is not installed, or it may not capture.
    """
    command = dumpcap_command(interface, folder, limit_bytes=limit_bytes)
    folder.mkdir(parents=True, exist_ok=True)
    said = tempfile.TemporaryFile()  # noqa: SIM115 - as long as dumpcap runs
    process = subprocess.Popen(  # noqa: S603 - a list, and the name is that of an interface which is there
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
    )
    started = Dumpcap(interface, process, said)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    started.check()
    return started
