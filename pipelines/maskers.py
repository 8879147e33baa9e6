"""What is masked in a table, and by which function."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Masker = Callable[[str], str]
Maskers = Mapping[str, Masker]  # by column, nested fields as `column.field`

# Less than six characters stand anywhere by accident, but for two that are no ASCII.
TOLD_ANYWHERE = r"(?s)^.{6}|[^\x00-\x7f]{2}"


@dataclass(frozen=True)
class Masking:
    """What is masked in a table.

    Attributes:
        maskers: by column, nested fields as `column.field`.
        whole: columns of which every value is masked as a whole.
        echoed: those of them whose values are masked wherever else they stand in the row, such as a name in a remark.
    """

    maskers: Maskers
    whole: frozenset[str] = frozenset()
    echoed: frozenset[str] = frozenset()


def is_told_anywhere(value: str) -> bool:
    """Whether a value tells something wherever it stands, and stands nowhere by accident."""
    return re.search(TOLD_ANYWHERE, value) is not None
