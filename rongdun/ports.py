"""Loopback ports: the configured one, or any that is free."""

import socket

from rongdun.errors import PortTaken

LOOPBACK = "127.0.0.1"


def usable_port(configured: int, setting: str) -> int:
    """The configured port, or a free one for 0.

    Raises:
        PortTaken: something else listens on the configured port.
    """
    with socket.socket() as probe:
        # A port in TIME_WAIT can be taken over; one with a listener cannot.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, configured))
        except OSError as error:
            raise PortTaken(f"port {configured} is in use: free it, or set {setting} to another one") from error
        port: int = probe.getsockname()[1]
    return port
