"""Private keys in PEM (RFC 7468), known by their first line."""

from dlp.kinds import Kind
from dlp.profiles import ASCII, OTHER, SEPARATOR, UPPER

PRIVATE_KEY = Kind(
    name="private_key",
    entity_type="PRIVATE_KEY",
    gate="PRIVATE KEY",
    lengths=(27, 64),
    of=ASCII & ~OTHER,
    needs=SEPARATOR | UPPER,
    pattern=r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----",
    context=("key", "私钥", "密钥"),
    marked=True,
    score=0.9,
    alone=0.0,
    examples=("-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"),
    counter_examples=("-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "BEGIN PRIVATE KEY"),
)

KINDS = (PRIVATE_KEY,)
