"""Zeek's logs as JSON lines: conn, dns, http and ssl, tied together by their uid."""

import json
from dataclasses import dataclass

from rongdun.demo.dice import Dice
from rongdun.demo.moments import SECOND

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class Connection:
    """What Zeek says about any connection; bytes are transport payload, `out` from the initiator."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: str = "tcp"
    service: str = ""
    seconds: float = 0.1
    bytes_out: int = 0
    bytes_in: int = 0
    state: str = "SF"
    history: str = "ShADadFf"


def uid(dice: Dice) -> str:
    """A connection's id as Zeek writes it."""
    return "C" + "".join(dice.choices(_LETTERS, k=17))


def conn(at: int, uid_: str, seen: Connection) -> str:
    """A line of conn.log."""
    row = _identity(at, uid_, seen) | {"proto": seen.protocol}
    if seen.service:
        row["service"] = seen.service
    if seen.state == "SF":
        row |= {"duration": round(seen.seconds, 6), "orig_bytes": seen.bytes_out, "resp_bytes": seen.bytes_in}
    return json.dumps(row | {"conn_state": seen.state, "missed_bytes": 0, "history": seen.history} | _counted(seen))


def dns(at: int, uid_: str, seen: Connection, *, query: str, kind: str, answers: list[str]) -> str:
    """A line of dns.log; a name without an answer does not exist."""
    numbers = {"A": 1, "TXT": 16, "AAAA": 28, "PTR": 12}
    row = _identity(at, uid_, seen) | {
        "proto": "udp",
        "trans_id": at % 65_521,
        "rtt": round(seen.seconds, 6),
        "query": query,
        "qclass": 1,
        "qclass_name": "C_INTERNET",
        "qtype": numbers[kind],
        "qtype_name": kind,
        "rcode": 0 if answers else 3,
        "rcode_name": "NOERROR" if answers else "NXDOMAIN",
        "AA": False,
        "TC": False,
        "RD": True,
        "RA": True,
        "Z": 0,
        "rejected": False,
    }
    return json.dumps(row | ({"answers": answers, "TTLs": [300.0] * len(answers)} if answers else {}))


def ssl(at: int, uid_: str, seen: Connection, *, version: str, cipher: str, server_name: str) -> str:
    """A line of ssl.log."""
    row = _identity(at, uid_, seen) | {
        "version": version,
        "cipher": cipher,
        "curve": "x25519",
        "server_name": server_name,
        "resumed": False,
        "established": True,
        "ssl_history": "CsiI" if version == "TLSv13" else "CsxknGIi",
    }
    return json.dumps(row)


def http(at: int, uid_: str, seen: Connection, *, method: str, host: str, uri: str, agent: str, status: int) -> str:
    """A line of http.log."""
    row = _identity(at, uid_, seen) | {
        "trans_depth": 1,
        "method": method,
        "host": host,
        "uri": uri,
        "version": "1.1",
        "user_agent": agent,
        "request_body_len": 0 if method == "GET" else seen.bytes_out,
        "response_body_len": seen.bytes_in,
        "status_code": status,
        "status_msg": "OK" if status == 200 else "Not Found",
        "tags": [],
    }
    return json.dumps(row)


def _identity(at: int, uid_: str, seen: Connection) -> dict[str, object]:
    return {
        "ts": at / SECOND,
        "uid": uid_,
        "id.orig_h": seen.source,
        "id.orig_p": seen.source_port,
        "id.resp_h": seen.destination,
        "id.resp_p": seen.destination_port,
    }


def _counted(seen: Connection) -> dict[str, object]:
    """Packets, and their bytes with IP and transport headers (no options)."""
    header = 28 if seen.protocol == "udp" else 40
    packets_out, packets_in = _packets(seen)
    return {
        "orig_pkts": packets_out,
        "orig_ip_bytes": seen.bytes_out + header * packets_out,
        "resp_pkts": packets_in,
        "resp_ip_bytes": seen.bytes_in + header * packets_in,
    }


def _packets(seen: Connection) -> tuple[int, int]:
    if seen.state != "SF":
        return 1, int(seen.state == "REJ")
    if seen.protocol == "udp":
        return 1, 1
    return 4 + seen.bytes_out // 1_400, 3 + seen.bytes_in // 1_400
