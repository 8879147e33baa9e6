"""Everything the detectors can raise.

DetectorError
├── MappingError          a field mapping file is wrong
├── ContentError          a file of rules, placeholders or parameters is wrong; carries its path
├── RuleUnknown           no rule, or more than one, is meant by what was asked
└── UnsupportedRule       a rule asks for what this engine does not do; carries the text that asks for it
"""

from pathlib import Path


class DetectorError(Exception):
    """A rule, or what it needs to be understood, cannot be used; the message says what to change."""


class MappingError(DetectorError):
    """A field mapping file is wrong."""


class ContentError(DetectorError):
    """A file that people edit is wrong.

    Attributes:
        path: the file.
        line: where in it, from 1; 0 when the whole file is meant.
    """

    def __init__(self, path: Path, problem: str, *, line: int = 0) -> None:
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


class RuleUnknown(DetectorError):
    """No rule, or more than one, is meant by what was asked."""


class UnsupportedRule(DetectorError):
    """A rule asks for something that this engine does not do.

    Attributes:
        culprit: the text in the rule that asks for it, to find its line; '' when no single text does.
    """

    def __init__(self, reason: str, *, culprit: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.culprit = culprit
