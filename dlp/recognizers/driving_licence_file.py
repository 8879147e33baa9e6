"""File numbers of driving licences (档案编号); the licence's own number is the resident ID number."""

from dlp.formats import pattern_of
from dlp.kinds import LONGER_DIGITS, Kind
from dlp.profiles import DIGIT

DRIVING_LICENCE_FILE = Kind(
    name="driving_licence_file",
    entity_type="CN_DRIVING_LICENCE_FILE",
    gate=LONGER_DIGITS,
    lengths=(12, 12),
    of=DIGIT,
    needs=DIGIT,
    pattern=pattern_of("driving_licence_file"),
    context=("档案编号", "驾驶证档案", "licence file", "license file"),
    score=0.1,
    named=0.6,
    in_text_alone=False,
    named_masks=(r"[1-6*][0-9*]{11}",),
    examples=("350100123456",),
    counter_examples=("850100123456", "35010012345"),
)

KINDS = (DRIVING_LICENCE_FILE,)
