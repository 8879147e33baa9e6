"""Made-up columns to measure detection by: every way of writing every type, and what only looks like one."""

import base64
import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import polars as pl
from faker import Faker

from dlp.checksums import Verdicts, hong_kong_id_holds, luhn_holds, organisation_code_holds, resident_id_holds

_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_MINORITY_NAMES = [
    "阿依古丽",
    "买买提",
    "艾力",
    "古丽娜尔",
    "卓玛",
    "扎西",
    "才让",
    "乌云",
    "巴特尔",
    "阿卜杜拉",
    "热孜万",
    "次仁",
    "努尔兰",
    "帕提古丽",
]
_COMPOUND = ["欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫", "尉迟", "令狐", "慕容", "司徒", "端木", "东方"]

Make = Callable[[], str]


@dataclass(frozen=True)
class Writing:
    """One way of writing one type.

    Attributes:
        headers: names of the column that say the type.
        alone: it can be told without that name.
        sparse: a few of them among other values can be told.
        mask: hides a part of it; None where it is not masked.
    """

    entity_type: str
    headers: tuple[str, ...]
    make: Make
    alone: bool = True
    sparse: bool = True
    mask: Callable[[str], str] | None = None


@dataclass(frozen=True)
class People:
    """Where made-up values come from: dice and Faker in three languages, all from one seed."""

    dice: random.Random
    chinese: Faker
    taiwanese: Faker
    english: Faker

    @classmethod
    def of(cls, seed: int) -> "People":
        """The same values for the same seed."""
        fakers = [Faker("zh_CN"), Faker("zh_TW"), Faker("en_US")]
        for faker in fakers:
            faker.seed_instance(seed)
        return cls(random.Random(seed), *fakers)  # noqa: S311  # made-up values, nothing secret

    def digits(self, count: int, first: str = "") -> str:
        """Random digits, so many with what they begin with."""
        return first + "".join(self.dice.choices(string.digits, k=count - len(first)))

    def day(self) -> str:
        """A day of the last hundred years, eight digits."""
        return f"{self.dice.randint(1930, 2020)}{self.dice.randint(1, 12):02}{self.dice.randint(1, 28):02}"


def writings(people: People) -> Iterator[Writing]:
    """Every way of writing every type."""
    yield from _identities(people)
    yield from _reachable(people)
    yield from _property(people)
    yield from _people_and_places(people)
    yield from _devices(people)
    yield from _secrets(people)


def _identities(people: People) -> Iterator[Writing]:
    dice, chinese, digits = people.dice, people.chinese, people.digits
    identity = "CN_RESIDENT_ID"
    yield Writing(identity, ("身份证号", "sfzh", "身份证号码(必填)"), chinese.ssn, mask=hidden(4, 4))
    yield Writing(identity, ("id_card", "证件号"), lambda: grouped(chinese.ssn(), 6, 14), mask=hidden(3, 2))
    yield Writing(identity, ("gmsfhm",), lambda: grouped(chinese.ssn(), 6, 14, by="-"))
    yield Writing(identity, ("证件号码", "zjhm"), lambda: full_width(chinese.ssn()), mask=hidden(1, 1))
    yield Writing(identity, ("身份证",), lambda: chinese.ssn().lower())
    yield Writing(identity, ("公民身份号码",), lambda: "'" + chinese.ssn())
    yield Writing(identity, ("居住证号",), lambda: _checked(f"810000{people.day()}{digits(3)}", resident_id_holds))
    yield Writing(
        "CN_FOREIGN_RESIDENT_ID",
        ("永居证号", "permanent_residence_no"),
        lambda: _checked(
            # Province and country: the recognizer knows which there are.
            f"9{dice.choice(['11', '31', '35', '44'])}{dice.choice(['036', '276', '392', '410', '840'])}"
            f"{people.day()}{digits(3)}",
            resident_id_holds,
        ),
        mask=hidden(2, 2),
    )
    yield Writing(identity, ("身份证号",), lambda: f"350102{people.day()[2:]}{digits(3)}", alone=False)
    yield Writing(
        "CN_PASSPORT", ("护照号", "passport_no", "hzhm"), lambda: "E" + digits(8), alone=False, mask=hidden(2, 3)
    )
    yield Writing("CN_PASSPORT", ("护照号码",), lambda: "E" + dice.choice("ABCDEFGH") + digits(7), alone=False)
    yield Writing("CN_HK_MACAO_PERMIT", ("港澳通行证",), lambda: "C" + digits(8), alone=False, mask=hidden(1, 3))
    yield Writing("CN_HOME_RETURN_PERMIT", ("回乡证",), lambda: "H" + digits(10), alone=False, mask=hidden(1, 3))
    yield Writing("CN_TAIWAN_PERMIT", ("台胞证", "tbz"), lambda: digits(8), alone=False, mask=hidden(1, 3))
    yield Writing("TW_IDENTITY_CARD", ("身分證",), people.taiwanese.ssn, alone=False, mask=hidden(3, 3))
    yield Writing("HK_IDENTITY_CARD", ("hkid", "香港身份证"), lambda: _hong_kong(people))
    yield Writing(
        "CN_MILITARY_ID", ("军官证号", "jgzh"), lambda: f"{dice.choice('军海空士')}字第{digits(8)}号", sparse=False
    )
    yield Writing("CN_DRIVING_LICENCE_FILE", ("档案编号", "dabh"), lambda: "3501" + digits(8), alone=False)
    yield Writing(
        "CN_SOCIAL_SECURITY_CARD", ("社保卡号", "ybkh"), lambda: "A" + digits(8), alone=False, mask=hidden(2, 2)
    )
    yield Writing("MEDICAL_RECORD_NUMBER", ("住院号", "病案号", "mrn"), lambda: "ZY" + digits(8), alone=False)
    yield Writing("MEDICAL_RECORD_NUMBER", ("门诊号",), lambda: digits(10), alone=False)
    yield Writing("PASSPORT_MRZ", ("mrz", "机读码"), lambda: _machine_readable(people))
    yield Writing("US_SSN", ("ssn",), people.english.ssn, mask=lambda ssn: "***-**-" + ssn[-4:])
    yield Writing("BIRTH_DATE", ("出生日期", "csrq", "dob"), lambda: _dashed(people.day()), alone=False)
    yield Writing("BIRTH_DATE", ("出生年月", "birthday"), people.day, alone=False)
    yield Writing(
        "BIRTH_DATE", ("出生日期",), lambda: re.sub(r"(....)(..)(..)", r"\1年\2月\3日", people.day()), alone=False
    )
    yield Writing("BIRTH_DATE", ("birth_date",), lambda: _dashed(people.day()) + " 00:00:00", alone=False)


def _reachable(people: People) -> Iterator[Writing]:
    chinese, english, digits = people.chinese, people.english, people.digits
    phone = "PHONE_NUMBER"
    yield Writing(phone, ("手机号", "sjh", "手机号(11位)"), chinese.phone_number, mask=hidden(3, 4))
    yield Writing(phone, ("mobile", "lxdh"), lambda: grouped(chinese.phone_number(), 3, 7), mask=hidden(3, 4))
    yield Writing(phone, ("cell_phone",), lambda: grouped(chinese.phone_number(), 3, 7, by="-"))
    yield Writing(phone, ("联系电话", "phone_1"), lambda: "+86 " + chinese.phone_number(), mask=hidden(7, 4))
    yield Writing(phone, ("tel",), lambda: "0086" + chinese.phone_number())
    yield Writing(phone, ("mobile_phone",), lambda: "+86-" + chinese.phone_number())
    yield Writing(phone, ("phone",), english.phone_number)
    yield Writing(phone, ("电话", "固定电话"), lambda: f"0591-8{digits(7)}")
    yield Writing(phone, ("办公电话",), lambda: f"(0591)8{digits(7)}")
    yield Writing(phone, ("手机",), lambda: full_width(chinese.phone_number()))
    yield Writing(
        "EMAIL_ADDRESS", ("email", "e_mail"), english.email, mask=lambda mail: mail[0] + "***" + mail[mail.index("@") :]
    )
    yield Writing("EMAIL_ADDRESS", ("邮箱", "dzyx"), chinese.email)
    yield Writing(
        "QQ_NUMBER", ("qq", "QQ号"), lambda: str(people.dice.randrange(10_000, 10**10)), alone=False, mask=hidden(2, 2)
    )
    yield Writing("WECHAT_ID", ("微信号", "wechat"), lambda: "wxid_" + _letters(people, 14))
    yield Writing("WECHAT_ID", ("weixin",), lambda: f"{english.user_name()}_{digits(3)}"[:20], alone=False)
    yield Writing("IP_ADDRESS", ("ip", "登录ip"), chinese.ipv4_public)
    yield Writing("IP_ADDRESS", ("client_ip",), chinese.ipv6)


def _property(people: People) -> Iterator[Writing]:
    dice, chinese, english, digits = people.dice, people.chinese, people.english, people.digits
    card, plate = "CREDIT_CARD", "CN_VEHICLE_REGISTRATION"
    yield Writing(card, ("银行卡号", "yhkh"), lambda: _card(people), mask=hidden(4, 4))
    yield Writing(card, ("card_no", "卡号"), lambda: grouped(_card(people), 4, 8, 12, 16), mask=hidden(6, 4))
    yield Writing(card, ("bank_card",), lambda: grouped(_card(people), 4, 8, 12, 16, by="-"))
    yield Writing(card, ("credit_card",), english.credit_card_number, mask=hidden(0, 4))
    yield Writing("IBAN_CODE", ("iban",), english.iban, mask=hidden(4, 4))
    code = "CN_SOCIAL_CREDIT_CODE"
    yield Writing(code, ("统一社会信用代码", "tyshxydm"), lambda: _credit_code(people), mask=hidden(4, 4))
    yield Writing(code, ("uscc",), lambda: _credit_code(people).lower())
    yield Writing("CN_ORGANISATION_CODE", ("组织机构代码", "zzjgdm"), lambda: _organisation_code(people), sparse=False)
    yield Writing("CN_ORGANISATION_CODE", ("org_code",), lambda: re.sub(r"(.)$", r"-\1", _organisation_code(people)))
    yield Writing(plate, ("车牌号", "hphm"), chinese.license_plate, mask=hidden(2, 2))
    yield Writing(plate, ("plate_no",), lambda: f"闽A·D{digits(5)}")
    yield Writing("VIN", ("车架号", "vin"), chinese.vin, mask=hidden(8, 4))
    yield Writing("CN_INVOICE", ("发票号码", "fphm"), lambda: digits(8), alone=False)
    yield Writing("CN_INVOICE", ("发票代码",), lambda: "0350" + digits(8), alone=False)
    yield Writing("CN_INVOICE", ("invoice_no",), lambda: "2435" + digits(16), alone=False)
    yield Writing("INCOME", ("月收入(元)", "salary"), lambda: str(dice.randrange(2_000, 30_000)), alone=False)
    yield Writing("MARITAL_STATUS", ("婚姻状况", "hyzk"), lambda: dice.choice(["未婚", "已婚", "离异", "丧偶"]))
    yield Writing("ETHNICITY", ("民族", "minzu"), lambda: dice.choice(["汉族", "畲族", "回族", "满族"]))
    yield Writing("RELIGION", ("宗教信仰",), lambda: dice.choice(["佛教", "基督教", "道教"]))
    yield Writing(
        "HEALTH", ("诊断", "diagnosis"), lambda: dice.choice(["高血压", "糖尿病", "冠心病", "肺炎"]), alone=False
    )


def _people_and_places(people: People) -> Iterator[Writing]:
    dice, chinese, taiwanese, english = people.dice, people.chinese, people.taiwanese, people.english
    yield Writing("PERSON", ("姓名", "xm"), chinese.name, mask=lambda name: name[0] + "*" * (len(name) - 1))
    yield Writing("PERSON", ("name", "客户姓名"), taiwanese.name, mask=lambda name: name[0] + "某")
    yield Writing("PERSON", ("full_name",), english.name)
    yield Writing("PERSON", ("last_name",), english.last_name, alone=False)
    yield Writing("PERSON", ("联系人",), lambda: dice.choice(_COMPOUND) + chinese.name()[1:])
    yield Writing("PERSON", ("申请人姓名",), lambda: "·".join(dice.sample(_MINORITY_NAMES, 2)))
    yield Writing(
        "PERSON",
        ("患者",),
        lambda: chinese.name() if dice.random() < 0.8 else dice.choice(_MINORITY_NAMES),
        alone=False,
    )
    yield Writing(
        "PERSON", ("户主",), lambda: " ".join(re.sub(r"(^.)", r"\1 ", chinese.name()).split(" ")), alone=False
    )
    yield Writing("LOCATION", ("地址", "jtzz"), chinese.address, mask=lambda address: address[:6] + "****")
    yield Writing("LOCATION", ("address",), english.address)
    yield Writing("LOCATION", ("住址",), taiwanese.address, alone=False)
    yield Writing(
        "LOCATION",
        ("户籍地址",),
        lambda: f"福建省福州市{dice.choice(['鼓楼', '台江', '仓山', '晋安'])}区{chinese.street_address()}",
    )
    yield Writing("PRECISE_POSITION", ("坐标", "gps"), lambda: _position(people))
    yield Writing("PRECISE_POSITION", ("经纬度",), lambda: _position(people).replace(",", ", "))
    yield Writing("PRECISE_POSITION", ("经度", "lng"), lambda: f"119.{people.digits(6)}", alone=False)
    yield Writing("PRECISE_POSITION", ("纬度(°)", "latitude"), lambda: f"26.{people.digits(6)}", alone=False)


def _devices(people: People) -> Iterator[Writing]:
    yield Writing("MAC_ADDRESS", ("mac", "物理地址"), people.chinese.mac_address)
    yield Writing("MAC_ADDRESS", ("mac_addr",), lambda: people.chinese.mac_address().replace(":", "-").upper())
    yield Writing("IMEI", ("imei", "手机串号"), lambda: _checked(people.digits(14, "86"), luhn_holds))
    yield Writing("IMSI", ("imsi",), lambda: people.digits(15, "46000"), sparse=False)
    yield Writing("ICCID", ("iccid", "sim_no"), lambda: _checked(people.digits(19, "898600"), luhn_holds))


def _secrets(people: People) -> Iterator[Writing]:
    dice, english = people.dice, people.english
    yield Writing("PRIVATE_KEY", ("private_key",), lambda: f"-----BEGIN RSA PRIVATE KEY-----\n{_letters(people, 64)}\n")
    yield Writing("JSON_WEB_TOKEN", ("token", "jwt"), lambda: _token(people))
    yield Writing(
        "ACCESS_KEY",
        ("access_key",),
        lambda: "LTAI" + "".join(dice.choices(string.ascii_letters + string.digits, k=20)),
    )
    yield Writing(
        "ACCESS_KEY", ("ak",), lambda: "AKIA" + "".join(dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
    )
    yield Writing(
        "ACCESS_KEY", ("api_key",), lambda: "ghp_" + "".join(dice.choices(string.ascii_letters + string.digits, k=36))
    )
    yield Writing("PASSWORD", ("password", "登录密码"), lambda: english.password(length=10), alone=False)
    yield Writing(
        "PASSWORD", ("备注",), lambda: f"db_password={english.password(length=12, special_chars=False)}", sparse=True
    )


def look_alikes(people: People) -> Iterator[Make]:
    """Values that are of no type: numbers, codes, times, places, things."""
    dice, digits = people.dice, people.digits
    for count in (4, 6, 8, 10, 11, 13, 15, 16, 17, 18, 19, 20):
        yield partial(digits, count)
    for first, count in (
        ("350102", 18),
        ("62", 16),
        ("35", 15),
        ("1", 12),
        ("69", 13),
        ("103391", 12),
        ("18", 19),
        ("8", 10),
    ):
        yield partial(digits, count, first)
    yield lambda: f"350102{dice.randint(2019, 2024)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}{digits(4)}"
    yield lambda: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}{digits(10)}"
    yield lambda: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}2200{digits(16)}"
    yield lambda: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}{dice.randint(0, 23):02}{digits(4)}"
    yield lambda: str(1_700_000_000_000_000 + dice.randrange(10**14))
    yield lambda: str(1_700_000_000_000 + dice.randrange(10**11))
    yield lambda: str(1_700_000_000 + dice.randrange(10**7))
    yield lambda: "".join(dice.choices(_CODE, k=18))
    yield lambda: "".join(dice.choices("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", k=17))
    yield lambda: "".join(dice.choices("0123456789ABCDEF", k=9))
    yield lambda: f"{dice.getrandbits(128):032x}"[: dice.choice([12, 16, 24])]
    yield lambda: f"{dice.randint(0, 9)}.{dice.randint(0, 30)}.{dice.randint(0, 9)}"
    yield lambda: f"10.0.{dice.randint(10_000, 22_631)}.{dice.randint(1, 4_000)}"
    yield lambda: f"{dice.randint(40_400_000, 40_600_000)}.{digits(3)},{dice.randint(2_800_000, 2_900_000)}.{digits(3)}"
    yield lambda: repr(dice.random() * 1e10)
    yield lambda: f"{dice.uniform(35, 42):.1f}"
    yield lambda: f"{dice.uniform(0, 200):.4f}"
    yield lambda: f"{dice.randint(1, 99_999)}.{digits(2)}"
    yield lambda: f"{dice.randint(1, 100)}%"
    yield lambda: f"SF{digits(13)}"
    yield lambda: f"闽B2-{dice.randint(2005, 2024)}{digits(4)}"
    yield lambda: f"闽ICP备{digits(8)}号"
    yield lambda: f"(20{dice.randint(10, 24)})闽01民初{dice.randint(1, 9_999)}号"
    yield lambda: f"榕政办〔20{dice.randint(10, 24)}〕{dice.randint(1, 300)}号"
    yield lambda: f"{dice.choice(['MU', 'CA', 'MF', 'G', 'D'])}{dice.randint(100, 9_999)}"
    yield lambda: f"{dice.choice(['MSKU', 'TGHU', 'OOLU'])}{digits(7)}"
    yield lambda: f"{dice.choice(['苏', '黑', '川', '云'])}{dice.choice('BCK')}{dice.randint(1, 80)}型"
    yield (lambda: f"@{people.english.word()}/{people.english.word()}@{dice.randint(0, 9)}.{dice.randint(0, 30)}.0")
    yield lambda: f"git@github.com:{people.english.word()}/{people.english.word()}.git"
    yield lambda: f"{people.english.word()}@2x.png"
    yield lambda: f"GB/T {digits(5)}-20{dice.randint(10, 24)}"
    yield lambda: f"{dice.choice(['A', 'B', 'C'])}-{dice.randint(100, 999)}-{dice.randint(10, 99)}"
    yield lambda: f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}"
    yield lambda: f"2024-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T{dice.randint(0, 23):02}:00:00Z"
    yield lambda: f"#{dice.getrandbits(24):06x}"
    yield lambda: base64.b64encode(dice.randbytes(18)).decode()
    yield lambda: f"password={dice.choice(['****', '${DB_PASSWORD}', 'changeme', '<password>', 'null'])}"
    yield lambda: f"/data/{people.english.word()}/{digits(6)}/part-{digits(5)}.parquet"
    yield lambda: f"BKCHCNBJ{digits(3)}"
    yield lambda: dice.choice(["周一", "周二", "周三", "周四", "周五", "周六", "周日"])
    yield lambda: dice.choice(["红色", "黄色", "白色", "黑色", "金色", "蓝色", "绿色"])
    yield lambda: dice.choice(
        ["白玉兰", "金银花", "康乃馨", "满天星", "向日葵", "百合花", "石榴树", "黄果树", "江边柳"]
    )
    yield lambda: dice.choice(
        ["红烧肉", "白切鸡", "佛跳墙", "荔枝肉", "鱼丸汤", "肉燕", "锅边糊", "海蛎煎", "方便面", "牛肉面"]
    )
    yield lambda: dice.choice(["高新区", "鼓楼区", "马尾区", "长乐区", "连江县", "罗源县", "平潭县", "闽清县"])
    yield lambda: dice.choice(["财务部", "人事处", "办公室", "信息中心", "安全科", "法规处", "党委办", "工会"])
    yield lambda: dice.choice(["经理", "主任", "工程师", "会计", "司机", "教师", "护士", "医生", "保安"])
    for maker in (
        "uuid4",
        "sentence",
        "word",
        "company",
        "job",
        "city",
        "country",
        "date",
        "isbn13",
        "ean13",
        "postcode",
    ):
        yield getattr(people.chinese, maker)
    for maker in (
        "sentence",
        "company",
        "city",
        "job",
        "user_agent",
        "url",
        "file_path",
        "user_name",
        "domain_name",
        "sha1",
    ):
        yield getattr(people.english, maker)


def hidden(head: int, tail: int) -> Callable[[str], str]:
    """A mask that leaves so many characters at both ends."""

    def mask(value: str) -> str:
        inner = re.sub(r"[^ -]", "*", value[head : len(value) - tail])
        return value[:head] + inner + value[len(value) - tail :]

    return mask


def grouped(value: str, *cuts: int, by: str = " ") -> str:
    """A value in groups."""
    ends = (*cuts, len(value))
    return by.join(value[start:end] for start, end in zip((0, *cuts), ends, strict=True))


def full_width(value: str) -> str:
    """A value in full-width digits."""
    return value.translate({code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)})


def _checked(stem: str, check: Callable[[pl.Series], Verdicts]) -> str:
    """The stem with the check character that completes it."""
    ends = "0123456789X" if check is not luhn_holds else "0123456789"
    held = check(pl.Series([stem + end for end in ends]))
    return stem + next(end for end, holds in zip(ends, held, strict=True) if holds)


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def _letters(people: People, count: int) -> str:
    return "".join(people.dice.choices(string.ascii_lowercase + string.digits, k=count))


def _code(people: People, count: int) -> str:
    return "".join(people.dice.choices(_CODE, k=count))


def _card(people: People) -> str:
    return _checked(people.dice.choice(["622202", "621700", "622848", "625955"]) + people.digits(12), luhn_holds)


def _hong_kong(people: People) -> str:
    stem = people.dice.choice("ABCDGKRYZ") + people.digits(6)
    values = [f"{stem}({end})" for end in "0123456789A"]
    return next(value for value, holds in zip(values, hong_kong_id_holds(pl.Series(values)), strict=True) if holds)


def _credit_code(people: People) -> str:
    stem = people.dice.choice(["91", "92", "12", "52", "11"]) + "3501" + people.digits(2) + _code(people, 9)
    total = sum(_CODE.index(symbol) * weight for symbol, weight in zip(stem, _CODE_WEIGHTS, strict=True))
    return stem + _CODE[-total % 31]


def _organisation_code(people: People) -> str:
    return _checked(_code(people, 8), organisation_code_holds)


def _position(people: People) -> str:
    return f"119.{people.digits(6)},26.{people.digits(6)}"


def _token(people: People) -> str:
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    header, claims = '{"alg":"HS256","typ":"JWT"}', f'{{"sub":"{people.digits(8)}"}}'
    return f"{part(header)}.{part(claims)}.{_letters(people, 43)}"


def _machine_readable(people: People) -> str:
    def check(text: str) -> str:
        worths = (0 if character == "<" else int(character, 36) for character in text)
        return str(sum(worth * (7, 3, 1)[at % 3] for at, worth in enumerate(worths)) % 10)

    number, born, expires = "E" + people.digits(8), people.day()[2:], f"3{people.digits(1)}0615"
    optional = "<" * 14
    first = (
        f"{number}{check(number)}CHN{born}{check(born)}{people.dice.choice('MF')}{expires}{check(expires)}{optional}0"
    )
    return first + check(first[:10] + first[13:20] + first[21:43])
