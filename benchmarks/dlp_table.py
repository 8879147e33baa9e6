"""A made-up table of twenty columns and any number of rows, drawn by columns: half people, half machines."""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

_RESIDENT_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CODE = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
_CODE_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文建国玉兰红梅"
_ROADS = ["东街", "五四路", "工业路", "湖东路", "杨桥路", "八一七路", "六一路", "则徐大道"]
_DISTRICTS = ["鼓楼", "台江", "仓山", "晋安", "马尾", "长乐"]

Draw = Callable[[np.random.Generator, int], pl.Series]


def table(rows: int, seed: int) -> pl.DataFrame:
    """Twenty text columns named `column_1` and so on, so that only their values speak."""
    generator = np.random.default_rng(seed)
    drawn = [draw(generator, rows) for draw in COLUMNS.values()]
    return pl.DataFrame({f"column_{at}": values for at, values in enumerate(drawn, start=1)})


def _joined(*parts: pl.Series | str) -> pl.Series:
    return pl.select(pl.concat_str([pl.lit(part) for part in parts])).to_series()


def _digits(generator: np.random.Generator, rows: int, count: int) -> pl.Series:
    return pl.Series(generator.integers(0, 10**count, rows)).cast(pl.String).str.zfill(count)


def _between(generator: np.random.Generator, rows: int, low: int, high: int, *, width: int = 0) -> pl.Series:
    return pl.Series(generator.integers(low, high + 1, rows)).cast(pl.String).str.zfill(width)


def _one_of(generator: np.random.Generator, rows: int, choices: list[str]) -> pl.Series:
    return pl.Series(choices).gather(generator.integers(0, len(choices), rows))


def _bytes(values: pl.Series, width: int) -> NDArray[np.int64]:
    flat = np.frombuffer("".join(values.to_list()).encode(), dtype=np.uint8)
    return flat.reshape(-1, width).astype(np.int64) - ord("0")


def _day(generator: np.random.Generator, rows: int, first: int, last: int) -> pl.Series:
    year = _between(generator, rows, first, last)
    return _joined(year, _between(generator, rows, 1, 12, width=2), _between(generator, rows, 1, 28, width=2))


def _resident_id(generator: np.random.Generator, rows: int) -> pl.Series:
    stem = _joined("3501", _between(generator, rows, 2, 28, width=2), _day(generator, rows, 1940, 2015))
    stem = _joined(stem, _digits(generator, rows, 3))
    checks = np.array(list("10X98765432"))[_bytes(stem, 17) @ _RESIDENT_WEIGHTS % 11]
    return _joined(stem, pl.Series(checks))


def _luhn(stem: pl.Series, width: int) -> pl.Series:
    digits = _bytes(stem, width)
    digits[:, width - 1 :: -2] *= 2
    total = np.where(digits > 9, digits - 9, digits).sum(axis=1)
    return _joined(stem, pl.Series(-total % 10).cast(pl.String))


def _credit_code(generator: np.random.Generator, rows: int) -> pl.Series:
    symbols = generator.integers(0, 31, (rows, 17))
    symbols[:, :6] = [9, 1, 3, 5, 0, 1]
    symbols[:, 6:8] = generator.integers(0, 10, (rows, 2))
    checks = -(symbols @ _CODE_WEIGHTS) % 31
    letters = _CODE[np.column_stack([symbols, checks])]
    return pl.Series(letters.astype("U1").view("U18").ravel().tolist())


def _text(generator: np.random.Generator, rows: int) -> pl.Series:
    number = _digits(generator, rows, 8)
    return _joined("市民来电咨询第", number, "号事项的办理进度，工作人员已答复，请等待通知。")


def _log(generator: np.random.Generator, rows: int) -> pl.Series:
    who, port = _digits(generator, rows, 4), _between(generator, rows, 1024, 65535)
    address = _joined("198.51.100.", _between(generator, rows, 1, 254))
    return _joined("sshd: Failed password for invalid user u", who, " from ", address, " port ", port, " ssh2")


def _address(generator: np.random.Generator, rows: int) -> pl.Series:
    place = _joined("福建省福州市", _one_of(generator, rows, _DISTRICTS), "区", _one_of(generator, rows, _ROADS))
    return _joined(place, _between(generator, rows, 1, 999), "号", _between(generator, rows, 101, 2999), "室")


def _name(generator: np.random.Generator, rows: int) -> pl.Series:
    given = [_one_of(generator, rows, list(_GIVEN)) for _ in range(2)]
    return _joined(_one_of(generator, rows, list(_SURNAMES)), *given)


def _octets(generator: np.random.Generator, rows: int) -> list[pl.Series]:
    return [_between(generator, rows, 0, 255) for _ in range(3)]


def _hardware(generator: np.random.Generator, rows: int) -> pl.Series:
    text = [f"02:{value[:2]}:{value[2:4]}:{value[4:6]}:{value[6:8]}:{value[8:]}" for value in _hex(generator, rows, 10)]
    return pl.Series(text)


def _hex(generator: np.random.Generator, rows: int, count: int) -> list[str]:
    raw = generator.bytes(rows * ((count + 1) // 2)).hex()
    step = count + count % 2
    return [raw[at : at + count] for at in range(0, rows * step, step)]


def _address_of_host(generator: np.random.Generator, rows: int) -> pl.Series:
    first, second, third = _octets(generator, rows)
    return _joined(_between(generator, rows, 11, 120), ".", first, ".", second, ".", third)


def _time(generator: np.random.Generator, rows: int) -> pl.Series:
    seconds = pl.Series(generator.integers(1_700_000_000, 1_790_000_000, rows))
    return pl.from_epoch(seconds, time_unit="s").dt.to_string("%Y-%m-%d %H:%M:%S")


COLUMNS: dict[str, Draw] = {
    "name": _name,
    "resident id": _resident_id,
    "mobile": lambda g, n: _joined("13", _digits(g, n, 9)),
    "e-mail": lambda g, n: _joined("u", _digits(g, n, 8), "@example.org"),
    "card": lambda g, n: _luhn(_joined("622202", _digits(g, n, 12)), 18),
    "credit code": _credit_code,
    "plate": lambda g, n: _joined("闽A", _one_of(g, n, list("ABCDEFGH")), _digits(g, n, 4)),
    "address": _address,
    "host": _address_of_host,
    "hardware": _hardware,
    "equipment": lambda g, n: _luhn(_joined("86", _digits(g, n, 12)), 14),
    "text": _text,
    "log": _log,
    "order": lambda g, n: _joined(_day(g, n, 2024, 2024), _digits(g, n, 10)),
    "snowflake": lambda g, n: _joined("18", _digits(g, n, 17)),
    "epoch": lambda g, n: _joined("17", _digits(g, n, 11)),
    "amount": lambda g, n: _joined(_between(g, n, 1, 99_999), ".", _digits(g, n, 2)),
    "token": lambda g, n: pl.Series(_hex(g, n, 32)),
    "time": _time,
    "state": lambda g, n: _one_of(g, n, ["受理中", "已办结", "已退回"]),
}
