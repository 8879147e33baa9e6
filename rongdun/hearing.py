"""The receiving process of `rongdun listen`: `python -m rongdun.hearing`."""

import errno
import os
import ssl
import sys
from collections.abc import Callable

from pipelines.errors import PipelineError
from pipelines.listening.addresses import places
from pipelines.listening.dumpcap import SETTING as DUMPCAP_SETTING
from pipelines.listening.followed import Follower, header_lines, marks_left
from pipelines.listening.interfaces import checked_interface
from pipelines.listening.receiving import Plan, Receiver
from pipelines.listening.sockets import tls_context
from pipelines.listening.spool import Spool
from pipelines.sources.mapped import mapped_sources
from rongdun.errors import SettingError
from rongdun.settings import Settings

_SEGMENT_SECONDS = 1.0
_SEGMENT_BYTES = 16 * 1024 * 1024
_MIB = 1024 * 1024


def plan_of(settings: Settings) -> Plan:
    """Where a home listens.

    Raises:
        AddressInvalid: a setting is no place.
        InterfaceRefused: there is no such interface.
        SettingError: TLS is asked for without what it needs.
    """
    tls_places = places(settings.listen_syslog_tls, "RONGDUN_LISTEN_SYSLOG_TLS")
    return Plan(
        syslog_udp=places(settings.listen_syslog_udp, "RONGDUN_LISTEN_SYSLOG_UDP"),
        syslog_tcp=places(settings.listen_syslog_tcp, "RONGDUN_LISTEN_SYSLOG_TCP"),
        syslog_tls=tls_places,
        exports_udp=places(settings.listen_exports_udp, "RONGDUN_LISTEN_EXPORTS_UDP"),
        tls=_tls(settings) if tls_places else None,
        interfaces=[checked_interface(name, "RONGDUN_LISTEN_INTERFACES") for name in settings.listen_interfaces],
        dumpcap={
            checked_interface(name, DUMPCAP_SETTING): settings.dumpcap_ring(name) for name in settings.listen_dumpcap
        },
    )


def hear(settings: Settings) -> None:
    """Hear until SIGTERM.

    Raises:
        AddressInvalid: a setting is no place.
        SettingError: TLS is asked for without what it needs.
        InterfaceRefused: an interface may not be listened to.
        OSError: a place is taken, or may not be had.
    """
    plan = plan_of(settings)
    limit = settings.listen_spool_mib * _MIB
    left = marks_left(settings.spool)
    spool = Spool(settings.spool, limit_bytes=limit, segment_bytes=_SEGMENT_BYTES, segment_seconds=_SEGMENT_SECONDS)
    follower = None
    if settings.listen_files:
        follower = Follower(settings.listen_files, settings.spool / "followed.json", spool, _header_of(settings))
        follower.start(left)
    Receiver(plan, spool, settings.run_folder, limit, follower, warn=_say).run()


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


def _header_of(settings: Settings) -> Callable[[bytes], bytes]:
    """The header of a followed file, also where only a mapping of the site says that it has one."""
    mapped, _ = mapped_sources(settings.mappings_folder, settings.rules_folder / "mappings")

    def header(beginning: bytes) -> bytes:
        named = next((line for source in mapped if (line := source.header_line(beginning))), b"")
        return header_lines(beginning) or named

    return header


def _tls(settings: Settings) -> ssl.SSLContext:
    certificate, key = settings.listen_tls_certificate, settings.listen_tls_key
    if certificate is None or key is None:
        raise SettingError(
            "RONGDUN_LISTEN_SYSLOG_TLS needs RONGDUN_LISTEN_TLS_CERTIFICATE and RONGDUN_LISTEN_TLS_KEY: PEM files"
        )
    try:
        return tls_context(certificate, key, settings.listen_tls_client_ca)
    except OSError as error:
        raise SettingError(f"TLS cannot be spoken with {certificate} and {key}: {error}") from error


def main() -> int:
    """0 when asked to stop; 2 when a place cannot be had, with the reason on standard error."""
    os.umask(0o077)
    try:
        hear(Settings())
    except (PipelineError, SettingError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            sys.stderr.write(
                f"cannot listen: {error.filename or 'the disk of the home'}: {error.strerror}; free space\n"
            )
            return 2
        sys.stderr.write(
            f"cannot listen: {error.strerror or error}; another program may have the port, or it is below 1024\n"
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
