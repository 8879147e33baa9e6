"""The body of a Linux audit record: names and values, hex undone, the enriched part kept."""

import re

from pipelines.sources.columns import canonical_address

# pid=811 comm="sshd" name=2F746D702F61 b msg='op=login acct="root" res=failed'
_PAIR = re.compile(r"""([A-Za-z][\w\-\[\]]*)=("[^"]*"|'[^']*'|\{[^}]*\}|\S*)""")
_HEX = re.compile(r"^(?:[0-9A-F]{2})+$")
_PIECE = re.compile(r"^(a\d+)\[\d+\]$")
_ARGUMENT = re.compile(r"^a\d+$")

# What the kernel writes in hex as soon as it holds a blank, a quote or a byte that is no printable ASCII.
_ENCODED = frozenset(
    {"acct", "cgroup", "cmd", "comm", "cwd", "data", "dir", "exe", "file", "grp", "key", "name", "new-disk", "ocomm"}
    | {"old-disk", "path", "proctitle", "terminal", "vm", "watch"}
)
_NOTHING = frozenset({"(null)", "(none)", "?", ""})
_ANY_TEXT = "name"
_ENRICHED = "\x1d"
_PRINTED_ADDRESS = re.compile(r"\b(?:laddr=|host:)(\S+) (?:lport=|serv:)(\w+)")
_AF_INET, _AF_INET6 = "0200", "0A00"


def record_fields(record_type: str, body: str) -> dict[str, str]:
    """The fields of one record; `(null)`, `(none)` and `?` are absent. Long arguments in pieces are put together."""
    raw, _, enriched = body.partition(_ENRICHED)
    fields: dict[str, str] = {}
    _read_pairs(record_type, raw, fields)
    for name, value in _PAIR.findall(enriched):
        _keep(fields, name, value.strip("\"'"))
    return fields


def command_line(fields: dict[str, str]) -> str:
    """The arguments of an EXECVE record in order, joined by blanks."""
    arguments = {int(name[1:]): value for name, value in fields.items() if _ARGUMENT.match(name)}
    return " ".join(arguments[number] for number in sorted(arguments))


def socket_address(saddr: str) -> tuple[str, int]:
    """The address and port in a `saddr` of an IPv4 or IPv6 socket (struct sockaddr of a little-endian host).

    `ausearch -i` prints them: `{ saddr_fam=inet laddr=192.0.2.7 lport=80 }`, of old `inet host:192.0.2.7 serv:80`.
    """
    if printed := _PRINTED_ADDRESS.search(saddr):
        number = printed[2]
        return canonical_address(printed[1]), int(number) if number.isdigit() and len(number) < 6 else 0
    family, port = saddr[:4], saddr[4:8]
    octets = {_AF_INET: saddr[8:16], _AF_INET6: saddr[16:48]}.get(family, "")
    if not _HEX.match(port + octets) or len(octets) not in {8, 32}:
        return "", 0
    raw = bytes.fromhex(octets)
    text = ".".join(map(str, raw)) if family == _AF_INET else raw.hex(":", 2)
    return canonical_address(text), int(port, 16)


def _read_pairs(record_type: str, text: str, fields: dict[str, str]) -> None:
    for name, value in _PAIR.findall(text):
        if name == "msg" and value.startswith("'"):
            _read_pairs(record_type, value[1:-1], fields)
            continue
        piece = _PIECE.match(name)
        if piece and record_type == "EXECVE":
            fields[piece[1]] = fields.get(piece[1], "") + _value(_ANY_TEXT, value)
        else:
            is_argument = record_type == "EXECVE" and _ARGUMENT.match(name)
            _keep(fields, name, _value(_ANY_TEXT if is_argument else name, value))


def _keep(fields: dict[str, str], name: str, value: str) -> None:
    if value not in _NOTHING:
        fields[name] = value


def _value(name: str, value: str) -> str:
    if value[:1] in {'"', "'"}:
        return value[1:-1]
    if name in _ENCODED and _HEX.match(value):
        return _text(bytes.fromhex(value)).replace("\0", " ").replace("\x01", ",").strip(" ")
    return value


def _text(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")
