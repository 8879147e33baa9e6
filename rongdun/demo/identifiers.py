"""Made-up identifiers of people and companies whose check digits hold; none is taken from anyone."""

from datetime import date, timedelta

from faker import Faker

from rongdun.demo.dice import Dice

# GB/T 2260 codes in order: Gulou, Taijiang, Cangshan, Mawei, Jin'an, Changle, Minhou, Lianjiang,
# Luoyuan, Minqing, Yongtai, Fuqing.
DISTRICTS = (
    "350102",
    "350103",
    "350104",
    "350105",
    "350111",
    "350112",
    "350121",
    "350122",
    "350123",
    "350124",
    "350125",
    "350181",
)
_MOBILE_PREFIXES = ("130", "135", "136", "139", "150", "152", "158", "159", "176", "180", "186", "189")
_CREDIT_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def faker_for(seed: int, purpose: str) -> Faker:
    """A source of Chinese names and addresses that repeats for the same seed and purpose."""
    fake = Faker("zh_CN")
    fake.seed_instance(f"{seed}/{purpose}")
    return fake


def resident_id(dice: Dice) -> str:
    """An 18-character resident identity number of Fuzhou with a valid check character (GB 11643-1999)."""
    born = date(1945, 1, 1) + timedelta(days=dice.randrange(23_000))
    body = f"{dice.choice(DISTRICTS)}{born:%Y%m%d}{dice.randrange(1, 1000):03d}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def mobile(dice: Dice) -> str:
    """An 11-digit mobile number."""
    return f"{dice.choice(_MOBILE_PREFIXES)}{dice.randrange(10**8):08d}"


def bank_card(dice: Dice) -> str:
    """A 19-digit card number that starts with 62 and ends in its Luhn digit (ISO/IEC 7812-1)."""
    body = f"62{dice.randrange(10**16):016d}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    return body + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def credit_code(dice: Dice) -> str:
    """An 18-character unified social credit code with a valid check character (GB 32100-2015)."""
    body = f"91{dice.choice(DISTRICTS)}MA" + "".join(dice.choices(_CREDIT_CODE_LETTERS, k=7))
    total = sum(_CREDIT_CODE_LETTERS.index(letter) * 3**place for place, letter in enumerate(body))
    return body + _CREDIT_CODE_LETTERS[-total % 31]
