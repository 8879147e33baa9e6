import pytest

from dlp.policy import default_policy
from dlp.residual import residual_candidates

MASKS = default_policy().masks


@pytest.mark.parametrize(
    ("mask", "left"),
    [
        ("350102********002X", 3_149),
        ("3501021990****002X", 33),
        ("350102199003****2X", 281),
        ("350102199003074***", 100),
        ("35010219900307****", 1_000),
        ("3501**********002X", 41_008),
        ("3***************2X", 4_100_786),
        ("**************4610", 41_008),
        ("11010519491231002X", 1),
    ],
)
def test_the_check_digit_is_counted_in(mask: str, left: int) -> None:
    assert residual_candidates(mask, "CN_RESIDENT_ID", MASKS) == left


@pytest.mark.parametrize(
    ("mask", "entity_type", "left"),
    [
        ("138****8000", "PHONE_NUMBER", 10_000),
        ("13800138***", "PHONE_NUMBER", 1_000),
        ("6222***********0128", "CREDIT_CARD", 10**10),
        ("张*", "PERSON", None),
    ],
)
def test_hidden_digits_multiply(mask: str, entity_type: str, left: int | None) -> None:
    assert residual_candidates(mask, entity_type, MASKS) == left


def test_a_division_that_is_not_local_still_narrows() -> None:
    near = residual_candidates("3301**********002X", "CN_RESIDENT_ID", MASKS)
    far = residual_candidates("33************002X", "CN_RESIDENT_ID", MASKS)
    assert near is not None
    assert far is not None
    assert 1_000 < near < far
