import pytest

from pipelines.sources.unread import reason_unread

_HEADS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty file"),
    "blanks": (b" \n\n ", "blank"),
    "CSV": (b"name,phone\nx,1\ny,2\n", "CSV: a table, not telemetry: use `rongdun dlp scan`"),
    "tabs": (b"a\tb\n1\t2\n", "a table"),
    "Parquet": (b"PAR1", "Parquet: a table"),
    "a workbook": (b"PK\x03\x04\0\0xl/workbook.xml", "XLSX: a table"),
    "ZIP": (b"PK\x03\x04\0\0notes.txt", "ZIP archive"),
    "damaged NetFlow v5": (
        b"\x00\x05\x9a\x02" + bytes(40),
        "like NetFlow v5 export packets, but its header claims 39426",
    ),
    "damaged IPFIX": (b"\x00\x0a\x00\x05" + bytes(60), "like IPFIX export packets, but its header claims 5 bytes"),
    "binary": (b"\x01\0\x02\0\x03\x04\x05\x06\x07", "binary, begins with 01 00 02 00"),
    "JSON": (b'{"a": 1}\n', "JSON without events that carry a time"),
    "cut off JSON": (b'{"a": \n', "cut off"),
    "XML": (b"<html></html>", "XML without Windows events"),
    "words": (b"Apache License\nVersion 2.0\n", "unknown format: text"),
}


@pytest.mark.parametrize(("head", "expected"), _HEADS.values(), ids=_HEADS)
def test_a_file_that_nothing_reads_has_a_reason(head: bytes, expected: str) -> None:
    assert expected in reason_unread(head)
