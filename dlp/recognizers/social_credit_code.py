"""The unified social credit code of organisations: not personal data by itself, but it names who is meant."""

from dlp.checksums import social_credit_code_holds
from dlp.kinds import CODE, Kind
from dlp.profiles import DIGIT, LOWER, UPPER, X

_PREFIX = r"(?:1[1239]|2[19]|3[1-59]|4[19]|5[1239]|6[129]|7[129]|8[19]|9[123]|A[19]|N[1239]|Y1)"
_PROVINCE = r"(?:1[0-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])"  # 10: registered by the state itself

# 91350100M000100Y43
SOCIAL_CREDIT_CODE = Kind(
    name="social_credit_code",
    entity_type="CN_SOCIAL_CREDIT_CODE",
    gate=CODE,
    lengths=(18, 18),
    of=DIGIT | X | UPPER | LOWER,
    needs=DIGIT,
    pattern=rf"{_PREFIX}{_PROVINCE}[0-9]{{4}}(?:[0-9A-HJ-NPQRTUWXY]{{10}}|[0-9a-hj-npqrtuwxy]{{10}})",
    check=social_credit_code_holds,
    check_chance=1 / 31,
    shape=r"[0-9A-Z]{18}|[0-9a-z]{18}",
    shape_chance=0.005,
    context=("统一社会信用代码", "信用代码", "税号", "纳税人识别号", "营业执照", "uscc", "credit code"),
    score=0.4,
    alone=0.0,
    masked_forms=(r"(?:9[123]|5[123]|1[12])[0-9*]{6}[0-9A-Z*]{10}",),
    examples=(
        "91350100M000100Y43",
        "91110108MA01YBNX62",
    ),
    counter_examples=(
        "91110108MA01YBNX63",
        "91350100I000100Y43",
    ),
)

KINDS = (SOCIAL_CREDIT_CODE,)
