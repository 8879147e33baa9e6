"""The tables that departments keep: masked well and badly, a staff list, and look-alikes that hold no person."""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
from faker import Faker

from rongdun.demo.dice import Dice
from rongdun.demo.identifiers import credit_code, faker_for, mobile, resident_id
from rongdun.demo.moments import CITIZENS, SECOND, as_local, moments
from rongdun.demo.world import World

HOSPITAL = "tables/dept-health/outpatient_visits.parquet"
STAFF = "tables/dept-civil/staff.csv"
ORDERS = "tables/dept-commerce/orders.csv"
COMPANIES = "tables/dept-market/companies.parquet"
TRANSIT_LINKS = "tables/dept-transport/transit_links.csv"
BUS_TRACKS = "tables/dept-transport/bus_tracks.csv"

Row = Mapping[str, object]


def happen(world: World, folder: Path) -> None:
    """Write every table of the departments."""
    _write(world, folder, HOSPITAL, 2_500, _visit)
    _write(world, folder, STAFF, 120, _colleague)
    _write(world, folder, COMPANIES, 800, _company)
    _write(world, folder, TRANSIT_LINKS, 600, _link)
    write_rows(folder / ORDERS, _orders(world))
    write_rows(folder / BUS_TRACKS, _bus_tracks(world))


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write rows as CSV or Parquet, as the name ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path, compression="zstd", statistics=False)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode())


def _write(world: World, folder: Path, path: str, count: int, row: Callable[[Dice, Faker, int], Row]) -> None:
    dice, fake = world.dice(path), faker_for(world.seed, path)
    write_rows(folder / path, [row(dice, fake, number) for number in range(count)])


def _visit(dice: Dice, fake: Faker, number: int) -> Row:
    name, identity, phone = fake.name(), resident_id(dice), mobile(dice)
    return {
        "就诊序号": f"MZ{number + 1:08d}",
        "姓名": name[0] + "*" * (len(name) - 1),
        "身份证号": identity[:3] + "*" * 13 + identity[-2:],
        "手机号": phone[:3] + "****" + phone[-4:],
        "科室": dice.choice(("内科", "外科", "儿科", "眼科", "骨科")),
        "费用": round(dice.uniform(10, 900), 2),
    }


def _link(dice: Dice, fake: Faker, number: int) -> Row:
    """A rider as two systems show them: each mask holds by itself, and both together leave next to nothing hidden."""
    identity, phone = resident_id(dice), mobile(dice)
    return {
        "序号": number + 1,
        "姓氏": fake.last_name(),
        "公交系统身份证号": identity[:4] + "*" * 10 + identity[-4:],
        "应用身份证号": "*" * 6 + identity[6:14] + "*" * 4,
        "手机号": phone[:3] + "****" + phone[-4:],
        "绑定渠道": dice.choice(("站台", "网点", "手机")),
    }


def _colleague(dice: Dice, fake: Faker, number: int) -> Row:
    return {
        "工号": f"CA{number + 1:04d}",
        "姓名": fake.name(),
        "处室": dice.choice(("办公室", "社会救助处", "养老服务处", "区划地名处")),
        "办公电话": f"0591-8{dice.randrange(10**7):07d}",
        "邮箱": f"ca{number + 1:04d}@civil.fuzhou.example.org",
    }


def _company(dice: Dice, fake: Faker, number: int) -> Row:
    return {
        "序号": number + 1,
        "企业名称": f"福州{fake.company_prefix()}（演示）有限公司",
        "统一社会信用代码": credit_code(dice),
        "状态": dice.choices(("存续", "注销"), weights=(9, 1))[0],
    }


def _orders(world: World) -> list[Row]:
    """Orders: long numbers that look like identifiers and are none."""
    dice = world.dice(ORDERS)
    return [
        {
            "order_no": f"{as_local(at):%Y%m%d%H%M%S}{dice.randrange(10_000):04d}",
            "snowflake_id": (at // 1_000 << 22) | dice.getrandbits(22),
            "created_at_ms": at // 1_000,
            "tracking_no": f"SF{dice.randrange(10**13):013d}",
            "hotel_no": f"H{dice.randrange(1_000):03d}",
            "email_verified": dice.random() < 0.7,
            "amount": round(dice.uniform(5, 500), 2),
        }
        for at in moments(dice, world.day, 4_000, CITIZENS)
    ]


def _bus_tracks(world: World) -> list[Row]:
    dice = world.dice(BUS_TRACKS)
    return [
        {
            "bus": f"K{dice.randrange(1, 80)}",
            "recorded_at": at // SECOND,
            "longitude": round(119.30 + dice.uniform(-0.1, 0.1), 5),
            "latitude": round(26.08 + dice.uniform(-0.1, 0.1), 5),
            "speed_kmh": dice.randrange(0, 60),
        }
        for at in moments(dice, world.day, 3_000, CITIZENS)
    ]
