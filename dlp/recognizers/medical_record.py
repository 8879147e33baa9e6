"""Numbers of medical records, admissions and visits: hospitals number their own ways, so only words tell."""

from dlp.formats import pattern_of
from dlp.kinds import Kind
from dlp.profiles import DIGIT, SEPARATOR, UPPER, X

MEDICAL_RECORD = Kind(
    name="medical_record",
    entity_type="MEDICAL_RECORD_NUMBER",
    gate=r"[0-9]{5}",
    lengths=(5, 26),
    of=DIGIT | UPPER | X | SEPARATOR,
    needs=DIGIT,
    pattern=pattern_of("medical_record"),
    context=(
        *(
            "病案号",
            "病历号",
            "住院号",
            "门诊号",
            "就诊号",
            "就诊卡",
            "患者编号",
            "患者ID",
            "病人ID",
            "mrn",
            "medical record",
        ),
        *("admission no", "patient id", "patient_id", "patientid", "patient no", "zyh", "bah", "mzh", "blh"),
    ),
    score=0.1,
    named=0.6,
    in_text_alone=False,
    named_masks=(r"[A-Z]{0,4}-?[0-9*]{5,16}",),
    examples=("ZY20230001", "00123456", "MZ-000123-01"),
    counter_examples=("1234", "zy2023"),
)

KINDS = (MEDICAL_RECORD,)
