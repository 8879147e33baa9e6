import hashlib
import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.certificates import LARGEST_CERTIFICATE, Certificate, parse_certificate
from tests.pipelines.capture.certificate_bytes import certificate, curve_key, distinguished, name_of, rsa_key, value
from tests.pipelines.capture.frames import storable

_P256, _SM2 = "1.2.840.10045.3.1.7", "1.2.156.10197.1.301"


def _parsed(content: bytes) -> Certificate:
    found = parse_certificate(content)
    assert found is not None
    return found


def test_a_certificate_tells_whom_it_names_and_for_how_long() -> None:
    content = certificate()
    found = _parsed(content)
    assert (found.subject, found.issuer) == ("CN=www.example.org,C=CN", "CN=Example CA")
    assert (found.not_before, found.not_after) == (1_735_689_600, 1_798_761_600)
    assert found.fingerprint == hashlib.sha256(content).hexdigest()
    assert found.fields["certificate.serial"] == "A107"
    assert found.fields["certificate.version"] == "3"
    assert found.fields["certificate.not_valid_before"] == "1735689600.000000"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (rsa_key(2048), ("rsaEncryption", "rsa", "2048", None)),
        (rsa_key(1024), ("rsaEncryption", "rsa", "1024", None)),
        (curve_key(_P256), ("id-ecPublicKey", "ecdsa", "256", "prime256v1")),
        (curve_key(_SM2), ("id-ecPublicKey", "ecdsa", "256", "SM2")),
        (curve_key("1.2.3.4"), ("id-ecPublicKey", "ecdsa", None, "1.2.3.4")),
        (value(0x30, value(0x30, name_of("1.3.101.112")), value(0x03, bytes(33))), ("ED25519", "ed25519", "253", None)),
        (value(0x30, value(0x30, name_of("1.2.3")), value(0x03, bytes(9))), ("1.2.3", "unknown", None, None)),
    ],
    ids=["RSA 2048", "RSA 1024", "P-256", "SM2", "another curve", "Ed25519", "unknown"],
)
def test_keys_have_kind_length_and_curve(key: bytes, expected: tuple[str | None, ...]) -> None:
    fields = _parsed(certificate(key=key)).fields
    assert (
        tuple(fields.get(f"certificate.{name}") for name in ("key_alg", "key_type", "key_length", "curve")) == expected
    )


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
        ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
        ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
        ("1.2.156.10197.1.501", "SM2-with-SM3"),
        ("1.2.3.4", "1.2.3.4"),
    ],
)
def test_signatures_have_their_names(numbers: str, name: str) -> None:
    assert _parsed(certificate(signature=numbers)).fields["certificate.sig_alg"] == name


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("2.5.4.10", "福州市".encode()), ("2.5.4.3", b"a")], "CN=a,O=福州市"),
        ([("2.5.4.3", b'a,b+"c"\\;<d>')], r"CN=a\,b\+\"c\"\\\;\<d\>"),
        ([("2.5.4.3", b"#a ")], r"CN=\#a\ "),
        ([("1.2.3.4", b"a")], "1.2.3.4=a"),
        ([("2.5.4.3", b"a\x1b[31m\nb")], r"CN=a\\x1b[31m\\x0ab"),
        ([], ""),
    ],
    ids=["Chinese", "special letters", "edges", "unknown attribute", "escapes", "empty"],
)
def test_names_are_one_harmless_line(parts: list[tuple[str, bytes]], text: str) -> None:
    assert _parsed(certificate(subject=distinguished(*parts))).subject == text


def test_extensions_tell_other_names_and_authority() -> None:
    names = value(
        0x30, value(0x82, b"a.example.org"), value(0x82, b"b.example.org"), value(0x87, bytes([192, 0, 2, 1]))
    )
    extensions = value(0x30, name_of("2.5.29.17"), value(0x04, names))
    limits = value(0x30, value(0x01, b"\xff"), value(0x02, b"\x01"))
    extensions += value(0x30, name_of("2.5.29.19"), value(0x01, b"\xff"), value(0x04, limits))
    fields = _parsed(certificate(extensions=extensions)).fields
    assert (fields["san.dns"], fields["san.ip"]) == ("a.example.org,b.example.org", "192.0.2.1")
    assert (fields["basic_constraints.ca"], fields["basic_constraints.path_len"]) == ("true", "1")


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        (b"491231235959Z", 2_524_607_999),
        (b"500101000000Z", -631_152_000),
        (b"20991231235959Z", 4_102_444_799),
        (b"5001010000Z", None),
    ],
    ids=["last of this century", "first of the last", "generalized", "neither"],
)
def test_two_digits_of_a_year_mean_1950_to_2049(date: bytes, seconds: int | None) -> None:
    found = parse_certificate(certificate(begin=date))
    if seconds is None:
        assert found is None or found.not_before < 0
    else:
        assert found is not None
        assert found.not_before == seconds


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        certificate()[:-1],
        certificate(begin=b"250101000061Z"),
        bytes(LARGEST_CERTIFICATE + 1),
    ],
    ids=["empty", "tag alone", "no end", "cut", "no such time", "too large"],
)
def test_what_is_no_certificate_gives_none(content: bytes) -> None:
    assert parse_certificate(content) is None


@given(st.binary(max_size=400), st.integers(0, 400), st.randoms(use_true_random=False))
def test_any_bytes_are_judged_without_an_exception(content: bytes, at: int, chance: random.Random) -> None:
    assert storable(parse_certificate(content))
    whole = certificate(extensions=value(0x30, name_of("2.5.29.17"), value(0x04, value(0x30, value(0x82, b"a")))))
    assert storable(parse_certificate(whole[:at] + content + whole[at:]))
    damaged = bytearray(whole)
    for _ in range(4):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    assert storable(parse_certificate(bytes(damaged)))


def test_another_reader_finds_the_same() -> None:
    content = certificate()
    found, other = _parsed(content), x509.load_der_x509_certificate(content)
    assert found.not_before == other.not_valid_before_utc.timestamp()
    assert found.not_after == other.not_valid_after_utc.timestamp()
    assert found.subject == other.subject.rfc4514_string()
    assert int(found.fields["certificate.serial"], 16) == other.serial_number
    public = other.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert found.fields["certificate.key_length"] == str(public.key_size)
