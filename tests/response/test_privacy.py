"""Personal data in texts for the record: seen however it is written, and not where there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from response.privacy import personal_data_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("called 13800000000 twice", "a mobile number"),
        ("电话138 0000 0000。", "a mobile number"),
        ("１３８００００００００", "a mobile number"),
        ("138\u200b00000000", "a mobile number"),
        ("+8613800000000", "a mobile number"),
        ("from 3 138-0000-0000", "a mobile number"),
        ("id 350102199001011236", "a resident id"),
        ("身份证35010219900101123X", "a resident id"),
        ("350102 19900101 1236", "a resident id"),
        ("card 6222020000000000006", ""),
        ("card 4111 1111 1111 1111", "a bank card number"),
        ("write to someone@example.org", "an e-mail address"),
        ("工单42 已确认，见事件 0123456789abcdef-f000012", ""),
        ("capture-20260301120000.pcap", ""),
        ("bytes 12345678901", ""),
        ("192.0.2.1 port 44321", ""),
        ("2026-03-01 12:00:00", ""),
        ("sha256 " + "1a" * 32, ""),
        ("", ""),
    ],
)
def test_personal_data_is_seen_however_written(text: str, kind: str) -> None:
    assert personal_data_in(text) == kind


@given(st.text(), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_mobile_number_between_other_words_is_always_seen(around: str, number: str) -> None:
    assert personal_data_in(f"{around} : {number} : {around}") != ""
