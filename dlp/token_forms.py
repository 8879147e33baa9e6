"""The form of a stand-in by type: what is permuted, which check character is put wrong, which series nobody gives out.

Every form maps different values to different stand-ins. Where a type has a check character, the stand-in's is the next
after the right one; where it has none, a prefix that is not given out says so, where there is one.
"""

from dlp import token_documents, token_numbers
from dlp.token_letters import Form

FORMS: dict[str, Form] = {
    "CN_RESIDENT_ID": token_documents.resident,
    "CN_FOREIGN_RESIDENT_ID": token_documents.foreign_resident,
    "PHONE_NUMBER": token_numbers.phone,
    "CREDIT_CARD": token_numbers.card,
    "CN_SOCIAL_CREDIT_CODE": token_numbers.social_credit,
    "CN_ORGANISATION_CODE": token_numbers.organisation,
    "VIN": token_numbers.vehicle,
    "CN_VEHICLE_REGISTRATION": token_numbers.plate,
    "CN_PASSPORT": token_documents.document,
    "CN_HK_MACAO_PERMIT": token_documents.document,
    "CN_HOME_RETURN_PERMIT": token_documents.document,
    "CN_TAIWAN_PERMIT": token_documents.taiwan_permit,
    "HK_IDENTITY_CARD": token_documents.hong_kong,
    "TW_IDENTITY_CARD": token_documents.taiwan,
    "PASSPORT_MRZ": token_documents.machine_readable,
    "IBAN_CODE": token_numbers.iban,
    "IMEI": token_numbers.equipment,
    "IMSI": token_numbers.subscriber,
    "ICCID": token_numbers.sim_card,
    "MAC_ADDRESS": token_numbers.hardware_address,
    "CN_DRIVING_LICENCE_FILE": token_numbers.numbered,
    "CN_SOCIAL_SECURITY_CARD": token_numbers.numbered,
    "MEDICAL_RECORD_NUMBER": token_numbers.numbered,
    "CN_INVOICE": token_numbers.numbered,
    "QQ_NUMBER": token_numbers.numbered,
}


def permuted_places(value: str, entity_type: str) -> list[int]:
    """Which characters of a value a form of its type is given; the others are separators and stay."""
    if entity_type == "PASSPORT_MRZ":
        return list(range(len(value)))
    chinese = entity_type == "CN_VEHICLE_REGISTRATION"
    return [at for at, character in enumerate(value) if character.isalnum() and (chinese or character.isascii())]
