"""Everything the protected infrastructure can raise.

AssetError
├── AddressInvalid       a text is no address, network or range
├── InventoryInvalid     an inventory cannot be used; carries every problem found
└── WeightsInvalid       the posture weights cannot be used; carries every problem found
"""

from collections.abc import Sequence


class AssetError(Exception):
    """Something about the protected infrastructure cannot be used; the message says what to do."""


class AddressInvalid(AssetError):
    """A text is no address, network or range."""


class InventoryInvalid(AssetError):
    """An inventory cannot be used. Shown to whoever wrote it.

    Attributes:
        problems: one line each: where, which key, what is allowed.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class WeightsInvalid(AssetError):
    """The posture weights cannot be used. Shown to whoever edits them.

    Attributes:
        problems: one line each: where, which key, what is allowed.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
