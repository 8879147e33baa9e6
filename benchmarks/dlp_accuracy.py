"""How exactly columns are told: precision and recall per type, on made-up people and on look-alikes.

Columns of 1,000 rows: every way of writing a type under its own header, under none and masked; 1 % and 10 % of it among
sentences; and look-alikes under headers that say nothing, or the wrong thing.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl
from faker import Faker

from dlp.checksums import luhn_holds
from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.policy import default_policy
from dlp.verdicts import Verdict, verdicts

ROWS = 1_000
SEEDS = (101, 102, 103)
_KEY = b"a key for benchmarks only, 32 b."
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

Make = Callable[[], str]


@dataclass(frozen=True)
class Writing:
    """One way of writing one type.

    Attributes:
        header: a name of the column that says the type.
        alone: it can be told without that name.
        mask: hides a part of it; None where it is not masked.
    """

    entity_type: str
    header: str
    make: Make
    alone: bool = True
    mask: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Accuracy:
    """Of the columns that hold a type, how many were found; of the columns said to hold it, how many do."""

    holding: int
    found: int
    reported: int

    @property
    def recall(self) -> float:
        """The share of the columns that hold it that were found."""
        return self.found / self.holding if self.holding else 1.0

    @property
    def precision(self) -> float:
        """The share of the columns reported that hold it."""
        return self.found / self.reported if self.reported else 1.0


def accuracy(seeds: tuple[int, ...] = SEEDS) -> dict[str, Accuracy]:
    """For each type, how exactly it is told, over all seeds."""
    holding: Counter[str] = Counter()
    found: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    for seed in seeds:
        for header, values, truth in _columns(seed):
            told = judged(values, header)
            reported.update(told.keys())
            if truth:
                holding[truth] += 1
                found[truth] += truth in told
    return {name: Accuracy(holding[name], found[name], reported[name]) for name in sorted(holding | reported)}


def judged(values: list[str], header: str) -> dict[str, Verdict]:
    """The verdicts on a column, by type."""
    counted = pl.DataFrame({"value": values}, schema={"value": pl.String}).group_by("value").len("rows")
    evidence = ColumnEvidence()
    evidence.observe(counted, key=_KEY, policy=default_policy())
    found = verdicts(evidence, name_hints(header, default_policy()), default_policy())
    return {verdict.entity_type: verdict for verdict in found}


def _columns(seed: int) -> Iterator[tuple[str, list[str], str]]:
    """Columns with their headers and the type that they hold, '' for none."""
    dice = random.Random(seed)  # noqa: S311  # made-up values, nothing secret
    chinese, taiwanese, english = _faker("zh_CN", seed), _faker("zh_TW", seed), _faker("en_US", seed)
    for way in _writings(dice, chinese, taiwanese, english):
        values = [way.make() for _ in range(ROWS)]
        yield way.header, values, way.entity_type
        if way.alone:
            yield "column_1", values, way.entity_type
        if way.mask:
            yield way.header, [way.mask(value) for value in values], way.entity_type
        for share in (0.01, 0.1) if way.alone and way.entity_type not in ("PERSON", "LOCATION") else ():
            sentences = [chinese.sentence() for _ in range(ROWS)]
            sentences[: int(ROWS * share)] = [f"请核对{value}。" for value in values[: int(ROWS * share)]]
            yield "column_1", sentences, way.entity_type
    for make in _look_alikes(dice, chinese, english):
        values = [make() for _ in range(ROWS)]
        for header in ("column_1", "备注", "name", "身份证号"):
            yield header, values, ""


def _faker(locale: str, seed: int) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(seed)
    return faker


def _writings(dice: random.Random, chinese: Faker, taiwanese: Faker, english: Faker) -> Iterator[Writing]:
    def digits(count: int) -> str:
        return "".join(dice.choices("0123456789", k=count))

    identity, phone, card, plate = "CN_RESIDENT_ID", "PHONE_NUMBER", "CREDIT_CARD", "CN_VEHICLE_REGISTRATION"
    yield Writing(identity, "身份证号", chinese.ssn, mask=_hidden(4, 4))
    yield Writing(identity, "id_card", lambda: _grouped(chinese.ssn(), 6, 14), mask=_hidden(3, 2))
    yield Writing(identity, "证件号码", lambda: _full_width(chinese.ssn()), mask=_hidden(1, 1))
    yield Writing(phone, "手机号", chinese.phone_number, mask=_hidden(3, 4))
    yield Writing(phone, "mobile", lambda: _grouped(chinese.phone_number(), 3, 7), mask=_hidden(3, 4))
    yield Writing(phone, "联系电话", lambda: "+86 " + chinese.phone_number(), mask=_hidden(7, 4))
    yield Writing(phone, "phone", english.phone_number)
    yield Writing(phone, "电话", lambda: f"0591-8{digits(7)}")
    yield Writing(card, "银行卡号", lambda: _card(dice, digits), mask=_hidden(4, 4))
    yield Writing(card, "card_no", lambda: _grouped(_card(dice, digits), 4, 8, 12, 16), mask=_hidden(6, 4))
    yield Writing(card, "credit_card", english.credit_card_number, mask=_hidden(0, 4))
    yield Writing("CN_SOCIAL_CREDIT_CODE", "统一社会信用代码", lambda: _credit_code(dice, digits), mask=_hidden(4, 4))
    yield Writing("EMAIL_ADDRESS", "email", english.email, mask=lambda mail: mail[0] + "***" + mail[mail.index("@") :])
    yield Writing("EMAIL_ADDRESS", "邮箱", chinese.email)
    yield Writing(plate, "车牌号", chinese.license_plate, mask=_hidden(2, 2))
    yield Writing("IP_ADDRESS", "ip", chinese.ipv4_public)
    yield Writing("IP_ADDRESS", "client_ip", chinese.ipv6)
    yield Writing("MAC_ADDRESS", "mac", chinese.mac_address)
    yield Writing("IBAN_CODE", "iban", english.iban, mask=_hidden(4, 4))
    yield Writing("US_SSN", "ssn", english.ssn, mask=lambda ssn: "***-**-" + ssn[-4:])
    yield Writing("PERSON", "姓名", chinese.name, mask=lambda name: name[0] + "*" * (len(name) - 1))
    yield Writing("PERSON", "name", taiwanese.name, mask=lambda name: name[0] + "某")
    yield Writing("PERSON", "full_name", english.name)
    yield Writing("PERSON", "last_name", english.last_name, alone=False)
    yield Writing("LOCATION", "地址", chinese.address, mask=lambda address: address[:6] + "****")
    yield Writing("LOCATION", "address", english.address)
    yield Writing("LOCATION", "住址", taiwanese.address, alone=False)
    yield Writing("CN_PASSPORT", "护照号", lambda: "E" + digits(8), alone=False, mask=_hidden(2, 3))
    yield Writing("CN_HK_MACAO_PERMIT", "港澳通行证", lambda: "C" + digits(8), alone=False, mask=_hidden(1, 3))
    yield Writing("CN_HOME_RETURN_PERMIT", "回乡证", lambda: "H" + digits(10), alone=False, mask=_hidden(1, 3))
    yield Writing("CN_TAIWAN_PERMIT", "台胞证", lambda: digits(8), alone=False, mask=_hidden(1, 3))
    yield Writing("TW_IDENTITY_CARD", "身分證", taiwanese.ssn, alone=False, mask=_hidden(3, 3))
    yield Writing("VIN", "车架号", chinese.vin, alone=False, mask=_hidden(8, 4))


def _look_alikes(dice: random.Random, chinese: Faker, english: Faker) -> Iterator[Make]:
    for count in (8, 10, 11, 13, 15, 16, 17, 18, 19, 20):
        yield lambda count=count: "".join(dice.choices("0123456789", k=count))  # type: ignore[misc]  # bound as a default
    yield lambda: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}{dice.randrange(10**10):010}"
    yield lambda: f"2024{dice.randint(1, 12):02}{dice.randint(1, 28):02}2200{dice.randrange(10**16):016}"
    yield lambda: str(1_800_000_000_000_000_000 + dice.randrange(10**17))
    yield lambda: str(1_700_000_000_000_000 + dice.randrange(10**14))
    yield lambda: str(1_700_000_000_000 + dice.randrange(10**11))
    yield lambda: "".join(dice.choices(_CODE, k=18))
    yield lambda: "".join(dice.choices("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", k=17))
    yield lambda: f"{dice.randint(0, 9)}.{dice.randint(0, 30)}.{dice.randint(0, 9)}"
    yield lambda: f"119.{dice.randrange(10**6):06},26.{dice.randrange(10**6):06}"
    yield lambda: repr(dice.random() * 1e10)
    yield lambda: "35" + "".join(dice.choices("0123456789", k=13))
    for maker in ("uuid4", "sentence", "word", "company", "job", "city", "country", "date", "isbn13", "ean13"):
        yield getattr(chinese, maker)
    for maker in ("sentence", "company", "city", "job", "user_agent", "url", "file_path", "user_name", "domain_name"):
        yield getattr(english, maker)


def _hidden(head: int, tail: int) -> Callable[[str], str]:
    def mask(value: str) -> str:
        inner = re.sub(r"[^ -]", "*", value[head : len(value) - tail])
        return value[:head] + inner + value[len(value) - tail :]

    return mask


def _grouped(value: str, *cuts: int) -> str:
    ends = (*cuts, len(value))
    return " ".join(value[start:end] for start, end in zip((0, *cuts), ends, strict=True))


def _full_width(value: str) -> str:
    return value.translate({code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)})


def _card(dice: random.Random, digits: Callable[[int], str]) -> str:
    stem = dice.choice(["622202", "621700", "622848", "625955"]) + digits(12)
    return next(stem + str(last) for last in range(10) if luhn_holds(pl.Series([stem + str(last)]))[0])


def _credit_code(dice: random.Random, digits: Callable[[int], str]) -> str:
    stem = dice.choice(["91", "92", "12", "52", "11"]) + "3501" + digits(2) + "".join(dice.choices(_CODE, k=9))
    total = sum(_CODE.index(symbol) * weight for symbol, weight in zip(stem, _CODE_WEIGHTS, strict=True))
    return stem + _CODE[-total % 31]
