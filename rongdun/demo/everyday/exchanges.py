"""The platform over which organisations of all levels exchange data, as its own log tells of it: one line an exchange.

Every exchange here is on a sharing list, or open to all.
"""

import json
from dataclasses import dataclass

from rongdun.demo.moments import OFFICE, as_iso, moments
from rongdun.demo.world import World, place

EXCHANGE_LOG = "telemetry/exchange-platform/exchanges.jsonl"
GATEWAY = "10.10.1.25"

_PROVINCE, _NATION = "省大数据局", "国家平台"


@dataclass(frozen=True)
class Exchanged:
    """One data set that went to one organisation.

    Attributes:
        receiver: as the platform names it.
        columns: that went, all where none is named.
        sender: where the catalogue does not tell.
    """

    dataset: str
    receiver: str
    columns: tuple[str, ...] = ()
    rows: int = 0
    sender: str = ""
    account: str = "share_gateway"
    client: str = GATEWAY


def happen(world: World) -> None:
    """Write the day of the exchange platform."""
    dice, day = world.dice("exchanges"), world.day
    counts = Exchanged("exchange.eldercare_by_district", _PROVINCE, rows=6)
    residents = ("name", "id_no", "phone", "district")
    nightly = (
        ("02:50", Exchanged("province.returned_licences", "市大数据委", ("licence_no", "kind"), 1_200, _PROVINCE)),
        ("03:05", counts),
        ("03:20", Exchanged("population.residents", _PROVINCE, residents, 2_400)),
        ("04:10", Exchanged("exchange.eldercare_by_district", _NATION, rows=6)),
        ("06:40", Exchanged("exchange.eldercare", "鼓楼区", ("name", "phone"), 150)),
        ("07:15", Exchanged("gulou.eldercare_visits", "五凤街道", ("name", "visit_on"), 40, "鼓楼区数据中心（演示）")),
        ("20:05", Exchanged("gulou.eldercare_visits", "市民政局", ("visit_on", "visited"), 150, "鼓楼区")),
    )
    for clock, exchanged in nightly:
        note(world, day.at(clock) + dice.randrange(40_000_000), exchanged)
    for at in moments(dice, day, 14, OFFICE):
        note(world, at, Exchanged("exchange.eldercare", "全民健康信息平台", ("name", "phone"), dice.randrange(1, 30)))


def note(world: World, at: int, exchanged: Exchanged) -> None:
    """Write one exchange."""
    record = {
        "time": as_iso(at),
        "host": place("gov-exchange").host,
        "account": exchanged.account,
        "source_ip": exchanged.client,
        "sender": exchanged.sender,
        "receiver": exchanged.receiver,
        "dataset": exchanged.dataset,
        "columns": ",".join(exchanged.columns),
        "rows": str(exchanged.rows),
        "outcome": "success",
    }
    told = {name: value for name, value in record.items() if value}
    world.chronicle.line(EXCHANGE_LOG, at, json.dumps(told, ensure_ascii=False))
