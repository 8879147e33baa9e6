from pathlib import Path

import pytest

from rongdun.demo.city import City
from rongdun.demo.moments import as_local

PAGE = (Path(__file__).parents[2] / "docs" / "demo-city.md").read_text(encoding="utf-8")


def test_every_story_is_told_with_its_hour(city: City) -> None:
    for story in city.stories:
        clock = as_local(int(story.starts_at.timestamp()) * 1_000_000)
        assert f"| `{story.story_id}` | {clock:%H:%M}" in PAGE


@pytest.mark.parametrize("part", ["telemetry", "tables"])
def test_every_file_of_the_city_is_on_its_map(city: City, part: str) -> None:
    missing = [
        path
        for path in (city.folder / part).rglob("*")
        if path.is_file()
        and path.name.removesuffix(".gz") not in PAGE
        and f"{path.parent.name}/*{path.suffix}" not in PAGE
    ]
    assert missing == []


def test_every_place_of_a_story_is_told(city: City) -> None:
    for story in city.stories:
        assert all(asset in PAGE for asset in story.asset_ids)
