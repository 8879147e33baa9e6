"""Everything the pipelines can raise.

PipelineError
├── CasesBroken          a file of rule cases cannot be used, or there is none
├── EventUnknown         no stored event has the id that was asked for
├── SourceBroken         a file breaks off or turns hostile; what was read before stays good
└── TooMuch              more was asked for than can be held at once
"""


class PipelineError(Exception):
    """Something between the outside world and the tables went wrong; the message says what to do."""


class CasesBroken(PipelineError):
    """A file of rule cases cannot be used, or there is none; the message says where and what is wrong."""


class EventUnknown(PipelineError):
    """No stored event has the id that was asked for."""


class SourceBroken(PipelineError):
    """A file breaks off, cannot be decoded or turns hostile; the message is the reason shown for the file."""


class TooMuch(PipelineError):
    """More was asked for than can be held at once; the message says how to ask for less."""
