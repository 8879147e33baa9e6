import pytest

from pipelines.capture.ja4 import client_fingerprint

# The worked example of FoxIO's description of JA4, with numbers that are to be ignored among the others.
_SUITES = (
    0x0A0A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D,
    0x002F, 0x0035,
)  # fmt: skip
_EXTENSIONS = (
    0x1A1A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012, 0x002B, 0xFF01,
    0x000B, 0x000A, 0x0015,
)  # fmt: skip
_SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)


def _print(
    *,
    transport: str = "t",
    version: int = 0x0304,
    suites: tuple[int, ...] = _SUITES,
    extensions: tuple[int, ...] = _EXTENSIONS,
    signatures: tuple[int, ...] = _SIGNATURES,
    protocol: bytes = b"h2",
) -> str:
    return client_fingerprint(
        transport=transport,
        version=version,
        suites=suites,
        extensions=extensions,
        signatures=signatures,
        protocol=protocol,
    )


def test_the_published_example_has_its_fingerprint() -> None:
    assert _print() == "t13d1516h2_8daaf6152771_e5627efa2ab1"


def test_neither_the_order_of_suites_nor_that_of_extensions_matters() -> None:
    assert _print(suites=_SUITES[::-1], extensions=_EXTENSIONS[::-1]) == _print()
    assert _print(signatures=_SIGNATURES[::-1]) != _print()


@pytest.mark.parametrize(
    ("fingerprint", "first"),
    [
        (_print(transport="q"), "q13d1516h2"),
        (_print(version=0x0303, extensions=(13,)), "t12i1501h2"),
        (_print(version=0x0300), "s3"),
        (_print(version=0x0101), "t00"),
        (_print(protocol=b""), "1600_"),
        (_print(protocol=b"http/1.1"), "h1_"),
        (_print(protocol=b"\xab\xcd"), "ad_"),
        (_print(protocol=b"\x30"), "00_"),
        (_print(suites=(), extensions=()), "t13i0000h2_000000000000_000000000000"),
        (_print(suites=tuple(range(1, 200))), "d9916"),
    ],
    ids=["QUIC", "no name", "SSL 3", "TLCP", "no protocol", "long name", "no letters", "one letter", "bare", "many"],
)
def test_the_first_part_tells_what_is_offered(fingerprint: str, first: str) -> None:
    assert first in fingerprint


def test_without_signature_algorithms_the_last_part_ends_with_the_extensions() -> None:
    assert _print(signatures=()).split("_")[2] != _print().split("_")[2]
