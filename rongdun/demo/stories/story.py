"""What a story is: something that happened in the city, and what must find it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AlertExpected:
    """A step of a story that an alert must find.

    Attributes:
        step: what happened, in words.
        rule_ids: the rules of which any one counts.
    """

    step: str
    rule_ids: frozenset[str]


@dataclass(frozen=True)
class FindingExpected:
    """A step of a story that findings of personal data must find: every type, unmasked, in that file.

    Attributes:
        step: what happened, in words.
        dataset: the file, relative to the city's folder.
        entity_types: the types, by Presidio's names, of which none may be missed.
    """

    step: str
    dataset: str
    entity_types: frozenset[str]


@dataclass(frozen=True)
class UseExpected:
    """A step of a story that an alert on a use of data must find.

    Attributes:
        step: what happened, in words.
        check: which check must tell of it, a key of `detections/data_access.yml`.
        account: whose use it is.
        grant_id: or which grant it is about, whenever that is told.
    """

    step: str
    check: str
    account: str = ""
    grant_id: str = ""


Expected = AlertExpected | FindingExpected | UseExpected


@dataclass(frozen=True)
class Story:
    """Something planted.

    Attributes:
        starts_at, ends_at: UTC; an alert counts when the event that completed it lies between them.
        asset_ids, addresses: where it happened; an alert counts when it is about one of them.
    """

    story_id: str
    title_en: str
    title_zh: str
    starts_at: datetime
    ends_at: datetime
    asset_ids: frozenset[str]
    addresses: frozenset[str]
    expects: tuple[Expected, ...]
