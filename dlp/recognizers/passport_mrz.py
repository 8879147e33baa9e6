"""The machine-readable lines of passports, visas and cards (ICAO 9303): number, birth and expiry with check digits."""

from dlp.checksums import mrz_holds
from dlp.kinds import Kind
from dlp.profiles import DIGIT, LETTER, OTHER

_DATE = r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_SEX = "[MFX<]"

# L898902C36UTO7408122F1204159ZE184226B<<<<<10, of a booklet (44 characters) or a larger card (36)
MRZ = Kind(
    name="passport_mrz",
    entity_type="PASSPORT_MRZ",
    gate=r"[0-9]{7}[MFX<][0-9]{7}",
    lengths=(30, 44),
    of=DIGIT | LETTER | OTHER,
    needs=DIGIT,
    pattern=rf"[A-Z0-9<]{{9}}[0-9][A-Z<]{{3}}{_DATE}[0-9]{_SEX}{_DATE}[0-9](?:[A-Z0-9<]{{14}}[0-9<][0-9]|[A-Z0-9<]{{7}}[0-9])"
    rf"|{_DATE}[0-9]{_SEX}{_DATE}[0-9][A-Z<]{{3}}[A-Z0-9<]{{11}}[0-9]",
    check=mrz_holds,
    check_chance=0.01,
    shape_chance=1e-6,
    context=("mrz", "机读码", "机读区", "护照", "passport"),
    score=0.6,
    alone=0.0,
    examples=("L898902C36UTO7408122F1204159ZE184226B<<<<<10", "7408122F1204159UTO<<<<<<<<<<<6"),
    counter_examples=("L898902C37UTO7408122F1204159ZE184226B<<<<<10",),
)

# P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<: the line with the name
MRZ_NAME = Kind(
    name="passport_mrz_name",
    entity_type="PASSPORT_MRZ",
    gate="[A-Z<]<[A-Z<]",
    lengths=(30, 44),
    of=DIGIT | LETTER | OTHER,
    needs=OTHER,
    pattern=r"[PVIAC][A-Z<][A-Z<]{3}[A-Z]{2}[A-Z<]{16,32}<[A-Z<]{4}",
    shape_chance=1e-6,
    context=("mrz", "机读码", "护照", "passport"),
    score=0.6,
    alone=0.0,
    examples=("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",),
    counter_examples=("p<utoeriksson<<anna<maria<<<<<<<<<<<<<<<<<<<",),
)

KINDS = (MRZ, MRZ_NAME)
