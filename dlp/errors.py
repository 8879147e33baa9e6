"""Everything the data-protection domain can raise.

DlpError
└── PolicyError     a policy file is missing, unreadable, or says something that is not allowed
"""


class DlpError(Exception):
    """Something in the data-protection domain went wrong; the message says where and what to do."""


class PolicyError(DlpError):
    """A policy file is missing, unreadable, or says something that is not allowed."""
