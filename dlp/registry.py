"""Every kind of personal data that is looked for, in the order in which a value is claimed."""

from dlp.kinds import Kind
from dlp.recognizers import (
    bank_card,
    email,
    foreign,
    location,
    network,
    person,
    phone,
    resident_id,
    social_credit_code,
    travel_document,
    vehicle,
)

KINDS: tuple[Kind, ...] = (
    *resident_id.KINDS,
    *phone.KINDS,
    *bank_card.KINDS,
    *social_credit_code.KINDS,
    *email.KINDS,
    *vehicle.KINDS,
    *travel_document.KINDS,
    *network.KINDS,
    *foreign.KINDS,
    *person.KINDS,
    *location.KINDS,
)

ENTITY_TYPES: tuple[str, ...] = tuple(dict.fromkeys(kind.entity_type for kind in KINDS))
