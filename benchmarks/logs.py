"""How fast logs are parsed, without storing: rows a second of each format, by the clock and by processor time.

    python -m benchmarks.logs [FOLDER] [--rows 200000] [--only NAME] [--json]

FOLDER holds real logs (`zeek-tsv/`, `zeek-json/`); what it lacks is made up. Texts are repeated until `--rows` is
reached.
"""

import argparse
import gzip
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.sources.registry import source_for

_EVE = {
    "timestamp": "2026-03-01T10:00:00.123456+0800",
    "flow_id": 1234567890123,
    "in_iface": "eth0",
    "src_ip": "192.0.2.7",
    "src_port": 40022,
    "dest_ip": "198.51.100.2",
    "dest_port": 53,
    "proto": "UDP",
}
_EVE_KINDS: tuple[dict[str, object], ...] = (
    {"event_type": "dns", "dns": {"type": "query", "id": 7, "rrname": "www.example.org", "rrtype": "A", "tx_id": 0}},
    {
        "event_type": "flow",
        "app_proto": "tls",
        "flow": {
            "pkts_toserver": 9,
            "pkts_toclient": 8,
            "bytes_toserver": 900,
            "bytes_toclient": 800,
            "age": 3,
            "start": "2026-03-01T10:00:00.1+0800",
            "end": "2026-03-01T10:00:03.1+0800",
            "state": "closed",
        },
    },
    {
        "event_type": "http",
        "http": {"hostname": "www.example.org", "url": "/a?b=c", "http_method": "GET", "status": 200, "length": 512},
    },
    {"event_type": "tls", "tls": {"sni": "www.example.org", "version": "TLS 1.3", "subject": "CN=www.example.org"}},
)
_SYSLOG = (
    "<38>Mar  1 10:00:{s:02} web-{h} sshd[811]: Failed password for invalid user u{n} from 192.0.2.{o} port {p} ssh2",
    "<30>Mar  1 10:00:{s:02} web-{h} systemd[1]: Started session-{n}.scope - Session {n} of user alice.",
    "<78>Mar  1 10:00:{s:02} web-{h} CRON[{n}]: (root) CMD (/usr/local/bin/backup --all)",
    "<86>Mar  1 10:00:{s:02} web-{h} sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/id",
    "<30>Mar  1 10:00:{s:02} rtu-{h} rtud[7]: pump {n} at 40 %",
)
_CONN_NAMES = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "local_orig",
    "local_resp",
    "missed_bytes",
    "history",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
    "tunnel_parents",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of real logs")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    measured: dict[str, float] = {}
    for name, make in _materials(asked.folder).items():
        if asked.only in name:
            measured |= _measured(name, make(asked.rows))
    if asked.json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:44} {value:>14,.0f}")


def parsed_per_second(name: str, content: bytes) -> float:
    return _measured(name, content)[f"{name}_rows_per_second"]


def repeated(path: Path) -> Callable[[int], bytes]:
    return repeating(gzip.decompress(path.read_bytes()))


def _measured(name: str, content: bytes) -> dict[str, float]:
    source = source_for(content[: 64 * 1024])
    assert source is not None, name
    for batch in source.read(io.BytesIO(content[: 256 * 1024])):
        assert batch.rows.width
    clock, processor = time.perf_counter(), time.process_time()
    rows = sum(len(batch.rows) for batch in source.read(io.BytesIO(content)))
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return {
        f"{name}_rows_per_second": rows / clock,
        f"{name}_rows_per_processor_second": rows / processor,
        f"{name}_megabytes_per_second": len(content) / 1e6 / clock,
    }


def _materials(folder: Path | None) -> dict[str, Callable[[int], bytes]]:
    made: dict[str, Callable[[int], bytes]] = {
        "zeek_tsv_conn": conn_tsv,
        "zeek_json_conn": conn_json,
        "eve": eve,
        "syslog": syslog,
        "web_access": access,
        "cef": cef,
    }
    for path in sorted(folder.glob("zeek-*/*.gz")) if folder else ():
        text = gzip.decompress(path.read_bytes())
        if len(text) > 1_000_000:
            made[f"{path.parent.name}_{path.name.partition('.')[0]}".replace("-", "_")] = repeating(text)
    return made


def repeating(text: bytes) -> Callable[[int], bytes]:
    lines = text.splitlines(keepends=True)
    head = [line for line in lines if line.startswith(b"#") and not line.startswith(b"#close")]
    rows = [line for line in lines if not line.startswith(b"#")]
    return lambda wanted: b"".join(head) + b"".join((rows * (wanted // len(rows) + 1))[:wanted])


def _conn(number: int) -> list[object]:
    return [
        *(
            1772330400 + number / 1000,
            f"C{number}",
            f"192.0.2.{number % 250}",
            1024 + number % 60000,
            "198.51.100.2",
            443,
        ),
        *("tcp", "ssl", 1.25, 1000 + number % 999, 20000, "SF", True, False, 0, "ShADadFf", 9, 1400, 12, 21000, None),
    ]


def conn_tsv(rows: int) -> bytes:
    header = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    header += "\t".join(["#fields", *_CONN_NAMES]) + "\n"
    return (header + "".join("\t".join(map(_zeek, _conn(number))) + "\n" for number in range(rows))).encode()


def _zeek(value: object) -> str:
    if value is None:
        return "-"
    return {True: "T", False: "F"}[value] if isinstance(value, bool) else str(value)


def conn_json(rows: int) -> bytes:
    lines = (json.dumps(dict(zip(_CONN_NAMES[:-1], _conn(number), strict=False))) for number in range(rows))
    return ("\n".join(lines) + "\n").encode()


def eve(rows: int) -> bytes:
    lines = (
        json.dumps({**_EVE, "src_port": 1024 + number % 60000, **_EVE_KINDS[number % len(_EVE_KINDS)]})
        for number in range(rows)
    )
    return ("\n".join(lines) + "\n").encode()


def syslog(rows: int) -> bytes:
    lines = (
        _SYSLOG[number % len(_SYSLOG)].format(
            s=number % 60, h=number % 20, n=number, o=number % 250, p=1024 + number % 60000
        )
        for number in range(rows)
    )
    return ("\n".join(lines) + "\n").encode()


def access(rows: int) -> bytes:
    line = '192.0.2.{o} - - [01/Mar/2026:10:00:{s:02} +0800] "GET /a/{n}?b=c HTTP/1.1" 200 512 "-" "curl/8.5"'
    return ("\n".join(line.format(o=number % 250, s=number % 60, n=number) for number in range(rows)) + "\n").encode()


def cef(rows: int) -> bytes:
    line = (
        "<134>Mar  1 10:00:{s:02} fw-1 CEF:0|Made Up|Gate|1.0|100|Connection|5|src=192.0.2.{o} spt={p} "
        "dst=198.51.100.2 dpt=443 proto=TCP act=permit cs1Label=Rule Name cs1=to the web rt=1772330400123"
    )
    return (
        "\n".join(line.format(o=number % 250, s=number % 60, p=1024 + number % 60000) for number in range(rows)) + "\n"
    ).encode()


if __name__ == "__main__":
    main()
