"""Private keys in PEM (RFC 7468), known by their first line; what follows it is theirs up to the last one."""

from dlp.kinds import Kind
from dlp.profiles import ASCII, SEPARATOR, UPPER

_LABEL = r"(?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?"
_BREAK = r"(?:[ \t\r\n]|\\[nrt])"  # JSON and shells write line breaks as \n; forms and databases drop them
_BASE64 = "[A-Za-z0-9+/=]"

PRIVATE_KEY = Kind(
    name="private_key",
    entity_type="PRIVATE_KEY",
    gate="PRIVATE KEY",
    lengths=(27, 65_536),
    of=ASCII,
    needs=SEPARATOR | UPPER,
    pattern=rf"-----BEGIN {_LABEL}-----(?:{_BREAK}{{0,4}}(?:Proc-Type|DEK-Info): ?[!-~]{{1,80}})*"
    rf"(?:{_BREAK}{{0,4}}{_BASE64}{{16,}}(?:{_BREAK}{{1,4}}{_BASE64}{{16,}})*)?"
    rf"(?:(?:{_BREAK}{{1,4}}{_BASE64}{{1,76}})?{_BREAK}{{0,4}}-----END {_LABEL}-----)?",
    context=("key", "私钥", "密钥"),
    marked=True,
    score=0.9,
    alone=0.0,
    examples=(
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIB0aB1\n-----END PRIVATE KEY-----",
    ),
    counter_examples=("-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "BEGIN PRIVATE KEY"),
)

KINDS = (PRIVATE_KEY,)
