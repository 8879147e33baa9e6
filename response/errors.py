"""Everything the response can raise.

ResponseError
├── AlertUnknown         no alert has this id
├── TransitionRefused    the alert's state does not allow this step
├── SuppressionRefused   it would hide too much, for too long, or is not there
├── GrantRefused         a grant is not there, or this step on it is not this person's to take
├── CatalogueRefused     an entry was changed meanwhile, or nothing is changed of it
├── ReviewRefused        a decision on a suggested grade is incomplete, or not this person's to take
├── StepRefused          a step lacks its actor or basis, or would put personal data on record
├── ChainContended       others kept writing: the step was not recorded
├── RecordCut            steps that were on record are gone from its end
└── HeadsUnreadable      the file of kept heads does not hold what was written
"""


class ResponseError(Exception):
    """A step could not be taken; the message says what to do."""


class AlertUnknown(ResponseError):
    """No alert has this id."""


class TransitionRefused(ResponseError):
    """The alert's state does not allow this step."""


class SuppressionRefused(ResponseError):
    """A suppression would hide too much, for too long, or is not there."""


class GrantRefused(ResponseError):
    """A grant is not there, or this step on it is not this person's to take."""


class CatalogueRefused(ResponseError):
    """An entry of the catalogue was changed meanwhile, or nothing is changed of it."""


class ReviewRefused(ResponseError):
    """A decision on a suggested grade is incomplete, or not this person's to take."""


class StepRefused(ResponseError):
    """A step lacks its actor or basis, or would put personal data on record."""


class ChainContended(ResponseError):
    """Others kept writing: the step was not recorded."""


class RecordCut(ResponseError):
    """Steps that were on record are gone from its end."""


class HeadsUnreadable(ResponseError):
    """The file of kept heads does not hold what was written."""
