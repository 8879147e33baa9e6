"""`rongdun listen`: a process that receives, and this one, which stores what it has closed."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from pipelines.capture.series import CaptureOptions
from pipelines.exports.known import ExporterMemory
from pipelines.inventory import load_address_book
from pipelines.listening.captured import Ring, SeriesBook
from pipelines.listening.clocks import ClockBook
from pipelines.listening.counts import HEARD, listening
from pipelines.listening.dropped import DropFolder
from pipelines.listening.ring import RingFolder
from pipelines.listening.storing import Storer
from pipelines.sources.mapped import mapped_sources
from pipelines.sources.registry import Source, flow_timeouts, sources_for
from rongdun.errors import SettingError, StartFailed
from rongdun.hearing import plan_of
from rongdun.parts import MODULE
from rongdun.settings import Settings
from store.errors import StoreError, StoreTaken
from store.lock import locked
from store.session import open_store

_POLL_SECONDS = 0.2
_TOLD_SECONDS = 1.0
_RETRY_SECONDS = 2.0
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0

Tell = Callable[[dict[str, object]], None]


def listen(settings: Settings, tell: Tell, warn: Callable[[str], None]) -> None:
    """Hear and store until SIGTERM, SIGINT or SIGHUP; what was heard by then is stored before this comes back.

    Args:
        settings: of the home; say where to listen.
        tell: given the counts about every second.
        warn: given what is wrong in the site's mappings. The others are used: what is sent now is not sent again.

    Raises:
        SettingError: nothing is to be listened to, or a setting cannot be used.
        StartFailed: the receiver did not start, or ended; a second listener of this home is one reason.
    """
    if not settings.listens:
        raise SettingError(
            "nothing to listen to: set RONGDUN_LISTEN_SYSLOG_UDP, RONGDUN_LISTEN_SYSLOG_TCP, RONGDUN_LISTEN_SYSLOG_TLS "
            "or RONGDUN_LISTEN_EXPORTS_UDP to a port (5514) or an address and a port (0.0.0.0:514), "
            "RONGDUN_LISTEN_FILES to a JSON list of files, RONGDUN_LISTEN_FOLDER to a folder, RONGDUN_LISTEN_CAPTURES "
            "to a JSON list of folders that dumpcap or tcpdump fill, or RONGDUN_LISTEN_INTERFACES to one of interfaces"
        )
    plan_of(settings)
    mapped, problems = mapped_sources(settings.mappings_folder, settings.rules_folder / "mappings")
    for problem in problems:
        warn(problem)
    try:
        with locked(settings.spool):
            _listen(settings, mapped, tell)
    except StoreTaken as taken:
        raise StartFailed(f"another `rongdun listen` has this home's spool {settings.spool}") from taken


def _listen(settings: Settings, mapped: Sequence[Source], tell: Tell) -> None:
    stopping = _Stopping()
    dropped = DropFolder(settings.listen_folder) if settings.listen_folder is not None else None
    memory = ExporterMemory(settings.known_exporters)
    options = CaptureOptions(flow_timeouts(settings), applications=settings.capture_applications)
    book = SeriesBook(settings.series_notes, options)
    storer = Storer(
        settings.spool,
        settings.run_folder,
        settings.scope,
        memory,
        load_address_book,
        dropped,
        sources=sources_for(settings, mapped, book.series, ClockBook(settings.known_clocks)),
        series=book,
        rings=_rings(settings, book),
    )
    (settings.run_folder / HEARD).unlink(missing_ok=True)
    # A session of its own: Ctrl-C is for this process, which asks the other to stop.
    receiver = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module name
        [*MODULE, "rongdun.hearing"], stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _await_receiver(receiver, settings.run_folder)
        _store_until(settings, storer, receiver, stopping, tell)
    finally:
        receiver.terminate()
        with suppress(subprocess.TimeoutExpired):
            receiver.wait(_STOP_SECONDS)
        if receiver.poll() is None:
            receiver.kill()
    _store_rest(settings, storer)
    tell(listening(settings.run_folder) or {})


def _rings(settings: Settings, book: SeriesBook) -> list[Ring]:
    """The folders of captures that are followed."""
    own = [settings.dumpcap_ring(name) for name in settings.listen_dumpcap]
    return [
        Ring(RingFolder(folder), book.series(f"captures://{folder}")) for folder in (*settings.listen_captures, *own)
    ]


class _Stopping:
    """Whether one of the signals that ask to stop has come."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _await_receiver(receiver: subprocess.Popen[bytes], run_folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (run_folder / HEARD).exists():
        if receiver.poll() is not None or time.monotonic() > deadline:
            raise StartFailed("the receiver did not start; what it said is above")
        time.sleep(0.05)


def _store_until(
    settings: Settings, storer: Storer, receiver: subprocess.Popen[bytes], stopping: _Stopping, tell: Tell
) -> None:
    """Store what is closed until asked to stop; what fails is asked again, and the spool holds meanwhile."""
    told = 0.0
    while not stopping.asked:
        try:
            with closing(open_store(settings)) as store:
                while not stopping.asked:
                    if receiver.poll() is not None:
                        raise StartFailed("the receiver ended; what it said is above")
                    stored = storer.store(store)
                    if time.monotonic() - told >= _TOLD_SECONDS:
                        told = time.monotonic()
                        _write_down(storer)
                        tell(listening(settings.run_folder) or {})
                    if not stored:
                        time.sleep(_POLL_SECONDS)
        except (StoreError, OSError) as error:
            _write_down(storer, str(error))
            tell(listening(settings.run_folder) or {})
            time.sleep(_RETRY_SECONDS)


def _write_down(storer: Storer, problem: str = "") -> None:
    """Write the counts down; on a full disk they are told again in a second."""
    with suppress(OSError):
        storer.tell(problem)


def _store_rest(settings: Settings, storer: Storer) -> None:
    """Store what was closed last; where the database takes it no more, it stays in the spool for the next time."""
    problem = ""
    try:
        with closing(open_store(settings)) as store:
            storer.end(store)
    except (StoreError, OSError) as error:
        problem = str(error)
    _write_down(storer, problem)
