"""Everything the desk can raise.

DashboardError
├── DatabaseAbsent   no database runs for this home; the message names the command that starts one
└── UnknownWord      a page uses a word that the locale files lack
"""


class DashboardError(Exception):
    """The desk cannot show something; the message says what to do."""


class DatabaseAbsent(DashboardError):
    """No database runs for this home."""


class UnknownWord(DashboardError):
    """A page uses a word that the locale files lack."""
