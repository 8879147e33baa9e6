"""Story 5: the civil affairs department exports a table of residents with nothing masked."""

from pathlib import Path

from rongdun.demo.dice import Dice
from rongdun.demo.everyday.registers import Row, write_rows
from rongdun.demo.formats.windows import SECURITY, WindowsEvent, as_json
from rongdun.demo.identifiers import bank_card, faker_for, mobile, resident_id
from rongdun.demo.moments import MINUTE, Day, as_datetime
from rongdun.demo.stories.story import FindingExpected, Story
from rongdun.demo.world import World, place

DATASET = "tables/dept-civil/resident_export.csv"
ASSET = "civil-affairs-office"
_START = "15:20"
_ROWS = 3_000
_CLIENT = "C:\\Program Files\\KingbaseES\\ksql.exe"


def story(day: Day) -> Story:
    """What is planted, and the findings that must find it."""
    types = frozenset({"PERSON", "CN_RESIDENT_ID", "PHONE_NUMBER", "CREDIT_CARD"})
    return Story(
        story_id="resident-export",
        title_en="A department exports an unmasked resident table",
        title_zh="部门导出未脱敏的居民信息表",
        starts_at=as_datetime(day.at(_START)),
        ends_at=as_datetime(day.at(_START) + 10 * MINUTE),
        asset_ids=frozenset({ASSET}),
        addresses=frozenset(),
        expects=(FindingExpected("residents' identifiers in clear", DATASET, types),),
    )


def plant(world: World) -> None:
    """Write the program that made the export, as the clerk's desk noted it."""
    at, desk = world.day.at(_START), place(ASSET).hosts[1]
    values: dict[str, str | int] = {
        "SubjectUserName": "clerk72",
        "SubjectDomainName": "CIVIL",
        "NewProcessId": "0x2b1c",
        "NewProcessName": _CLIENT,
        "CommandLine": f'"{_CLIENT}" -c "\\copy resident to D:\\work\\resident_export.csv csv header"',
        "ParentProcessName": "C:\\Windows\\explorer.exe",
        "TokenElevationType": "%%1938",
    }
    event = WindowsEvent(at, desk, "Security", SECURITY, 4688, 49_999, values)
    world.chronicle.line("telemetry/civil-desks/pc-072/events.jsonl", at, as_json(event))


def write_table(world: World, folder: Path) -> None:
    """Write the exported table."""
    dice, fake = world.dice("story/resident-export"), faker_for(world.seed, "story/resident-export")
    rows = [_resident(dice, fake.name(), fake.street_name(), number) for number in range(_ROWS)]
    write_rows(folder / DATASET, rows)


def _resident(dice: Dice, name: str, street: str, number: int) -> Row:
    return {
        "序号": number + 1,
        "姓名": name,
        "身份证号": resident_id(dice),
        "手机号": mobile(dice),
        "家庭住址": f"福州市{dice.choice(('鼓楼区', '台江区', '仓山区', '晋安区'))}{street}{dice.randrange(1, 400)}号",
        "救助金银行卡号": bank_card(dice),
        "发放金额": dice.randrange(200, 1_800),
    }
