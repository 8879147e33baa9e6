"""Everything the data-protection domain can raise.

DlpError
├── PolicyError          a policy file is missing, unreadable, or says something that is not allowed
├── GrantInvalid         a grant cannot be used
└── RegistrationInvalid  an entry of the catalogue of data assets cannot be used
"""


class DlpError(Exception):
    """Something in the data-protection domain went wrong; the message says where and what to do."""


class PolicyError(DlpError):
    """A policy file is missing, unreadable, or says something that is not allowed."""


class RegistrationInvalid(DlpError):
    """An entry of the catalogue of data assets cannot be used; one line per problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class GrantInvalid(DlpError):
    """A grant cannot be used; one line per problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
