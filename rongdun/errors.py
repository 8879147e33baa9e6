"""Everything the composition root can raise.

RongdunError
├── SettingError     a RONGDUN_* variable or an argument cannot be used
├── PortTaken        a configured port is in use
├── StartFailed      a part did not come up; carries the end of its log
└── ReportNotWritten a report cannot be written where it was asked for
"""


class RongdunError(Exception):
    """Rongdun cannot do what was asked; the message says what, where, and what to do."""


class SettingError(RongdunError):
    """A `RONGDUN_*` variable or an argument cannot be used."""


class PortTaken(RongdunError):
    """A configured port is in use by something else."""


class StartFailed(RongdunError):
    """A part did not come up."""


class ReportNotWritten(RongdunError):
    """A report cannot be written where it was asked for."""
