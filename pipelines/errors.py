"""Everything the pipelines can raise.

PipelineError
├── EventUnknown         no stored event has the id that was asked for
└── SourceBroken         a file breaks off or turns hostile; what was read before stays good
"""


class PipelineError(Exception):
    """Something between the outside world and the tables went wrong; the message says what to do."""


class EventUnknown(PipelineError):
    """No stored event has the id that was asked for."""


class SourceBroken(PipelineError):
    """A file breaks off, cannot be decoded or turns hostile; the message is the reason shown for the file."""
