"""Made-up certificates, built value by value, signed by nobody."""

SEQUENCE, SET = 0x30, 0x31


def value(tag: int, *content: bytes) -> bytes:
    """A value of ASN.1."""
    body = b"".join(content)
    length = len(body).to_bytes(max(1, (len(body).bit_length() + 7) // 8), "big")
    size = length if len(body) < 128 else bytes([0x80 | len(length)]) + length
    return bytes([tag]) + size + body


def name_of(numbers: str) -> bytes:
    """An object identifier."""
    first, second, *rest = map(int, numbers.split("."))
    octets = [first * 40 + second]
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.insert(0, number & 0x7F | 0x80)
        octets += groups
    return value(0x06, bytes(octets))


def distinguished(*parts: tuple[str, bytes]) -> bytes:
    """A distinguished name of attributes and values."""
    pairs = [value(SET, value(SEQUENCE, name_of(kind), value(0x0C, text))) for kind, text in parts]
    return value(SEQUENCE, *pairs)


def algorithm(numbers: str, *parameters: bytes) -> bytes:
    """An algorithm identifier."""
    return value(SEQUENCE, name_of(numbers), *parameters)


def rsa_key(bits: int) -> bytes:
    """A public RSA key whose modulus has so many bits."""
    modulus = value(0x02, b"\0" + (1 << (bits - 1) | 1).to_bytes(bits // 8, "big"))
    pair = value(SEQUENCE, modulus, value(0x02, b"\x01\0\x01"))
    return value(SEQUENCE, algorithm("1.2.840.113549.1.1.1", value(0x05)), value(0x03, b"\0", pair))


def curve_key(curve: str) -> bytes:
    """A public key on an elliptic curve."""
    return value(SEQUENCE, algorithm("1.2.840.10045.2.1", name_of(curve)), value(0x03, b"\0\x04", bytes(64)))


def certificate(
    *,
    subject: bytes = distinguished(("2.5.4.6", b"CN"), ("2.5.4.3", b"www.example.org")),
    issuer: bytes = distinguished(("2.5.4.3", b"Example CA")),
    begin: bytes = b"250101000000Z",
    end: bytes = b"270101000000Z",
    key: bytes = b"",
    signature: str = "1.2.840.113549.1.1.11",
    extensions: bytes = b"",
) -> bytes:
    """A certificate of version 3."""
    dates = [value(0x17 if len(date) == 13 else 0x18, date) for date in (begin, end)]
    parts = [
        value(0xA0, value(0x02, b"\x02")),
        value(0x02, b"\0\xa1\x07"),
        algorithm(signature),
        issuer,
        value(SEQUENCE, *dates),
        subject,
        key or rsa_key(2048),
        value(0xA3, value(SEQUENCE, extensions)) if extensions else b"",
    ]
    return value(SEQUENCE, value(SEQUENCE, *parts), algorithm(signature), value(0x03, b"\0", bytes(16)))
