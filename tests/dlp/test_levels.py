"""Administrative levels: of paths, of organisations, and which way data goes between them (R18, R25, R41)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.access_policy import default_access_policy
from dlp.errors import RegistrationInvalid
from dlp.levels import LEVELS, Organisations, Party, Seated, Standing, level_of, party, shared_names, way

POLICY = default_access_policy().exchange
PREFIX = POLICY.department_prefix

_PART = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,7}", fullmatch=True)
_LEVEL = st.sampled_from(["", *LEVELS])
_OPPOSITE = {"up": "down", "down": "up", "across": "across", "unknown": "unknown"}


@pytest.mark.parametrize(
    ("scope", "level"),
    [
        ("", ""),
        ("fuzhou", "city"),
        ("fuzhou/gulou", "county"),
        ("fuzhou/dept-civil", "department"),
        ("fuzhou/gulou/wufeng", "township"),
        ("fuzhou/dept-water/intake", "department"),
        ("fuzhou/", "city"),
    ],
)
def test_the_level_of_a_path(scope: str, level: str) -> None:
    assert level_of(scope, PREFIX) == level


@pytest.mark.parametrize(
    ("sender", "receiver", "goes"),
    [
        ("city", "province", "up"),
        ("province", "national", "up"),
        ("township", "national", "up"),
        ("county", "city", "up"),
        ("department", "city", "up"),
        ("province", "city", "down"),
        ("city", "county", "down"),
        ("county", "township", "down"),
        ("department", "township", "down"),
        ("city", "market", "down"),
        ("market", "county", "up"),
        ("department", "county", "across"),
        ("department", "department", "across"),
        ("city", "city", "across"),
        ("city", "", "unknown"),
        ("", "", "unknown"),
        ("village", "city", "unknown"),
    ],
)
def test_which_way_data_goes(sender: str, receiver: str, goes: str) -> None:
    assert way(sender, receiver, POLICY.ranks) == goes


def test_a_house_may_count_its_departments_as_the_city_itself() -> None:
    ranks = {**POLICY.ranks, "department": POLICY.ranks["city"]}
    assert (way("department", "city", ranks), way("department", "county", ranks)) == ("across", "down")


@given(_LEVEL, _LEVEL)
def test_the_way_back_is_the_opposite_way(one: str, other: str) -> None:
    assert way(other, one, POLICY.ranks) == _OPPOSITE[way(one, other, POLICY.ranks)]


@given(_LEVEL, _LEVEL, _LEVEL)
def test_up_and_up_again_is_up(one: str, two: str, three: str) -> None:
    if way(one, two, POLICY.ranks) == way(two, three, POLICY.ranks) != "unknown":
        assert way(one, three, POLICY.ranks) == way(one, two, POLICY.ranks)


@given(st.lists(_PART, min_size=1, max_size=3), st.lists(_PART, max_size=3))
def test_nothing_below_a_path_stands_above_it(parts: list[str], more: list[str]) -> None:
    whole = level_of("/".join(parts), PREFIX)
    below = level_of("/".join([*parts, *more]), PREFIX)
    assert way(below, whole, POLICY.ranks) in ("up", "across")


@given(st.text(max_size=40))
def test_any_text_has_a_level_or_none(scope: str) -> None:
    assert level_of(scope, PREFIX) in ("", *LEVELS)


def known(*declared: Party, seated: tuple[tuple[str, str, str], ...] = ()) -> Organisations:
    return Organisations(declared, [Seated(*one) for one in seated], PREFIX)


SEATED = (
    ("市民政局", "民政终端", "fuzhou/dept-civil"),
    ("供电公司", "罗源网关", "fuzhou/luoyuan/fengshan"),
    ("供电公司", "永泰网关", "fuzhou/yongtai/zhangcheng"),
    ("鼓楼区数据中心", "鼓楼智脑", "fuzhou/gulou"),
    ("A", "监控", "fuzhou/gulou"),
    ("B", "监控", "fuzhou/taijiang"),
)


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        pytest.param("市民政局", Standing("市民政局", "department", "fuzhou/dept-civil"), id="where its asset lies"),
        pytest.param("供电公司", Standing("供电公司", "city", "fuzhou"), id="in several counties: the city's"),
        pytest.param(" 鼓楼智脑 ", Standing("鼓楼区数据中心", "county", "fuzhou/gulou"), id="a system: whose it is"),
        pytest.param("监控", Standing("监控"), id="a system's name that two have means neither"),
        pytest.param(
            "fuzhou/gulou/wufeng", Standing("fuzhou/gulou/wufeng", "township", "fuzhou/gulou/wufeng"), id="path"
        ),
        pytest.param("xiamen/siming", Standing("xiamen/siming"), id="a path of another tree is a name"),
        pytest.param("省数据局", Standing("省大数据局", "province"), id="an alias of one that is declared"),
        pytest.param("ｆｕｊｉａｎ data", Standing("省大数据局", "province"), id="width, case and spaces do not count"),
        pytest.param(
            "民政局", Standing("市民政局", "department", "fuzhou/dept-civil"), id="declared for its alias alone"
        ),
        pytest.param("nobody", Standing("nobody"), id="unknown"),
        pytest.param("", Standing(""), id="nobody"),
    ],
)
def test_who_is_meant_by_a_name(name: str, standing: Standing) -> None:
    declared = (
        Party(name="省大数据局", level="province", aliases=("省数据局", "Fujian Data")),
        Party(name="市民政局", aliases=("民政局",)),
    )
    assert known(*declared, seated=SEATED).of(name) == standing


@pytest.mark.parametrize(
    ("name", "stated", "level"),
    [
        ("市民政局", "national", "department"),
        ("nobody", "Province ", "province"),
        ("nobody", "planet", ""),
    ],
)
def test_a_record_s_own_word_counts_only_where_nothing_else_tells(name: str, stated: str, level: str) -> None:
    assert known(seated=SEATED).of(name, stated).level == level


def test_a_declared_level_goes_before_the_inventory() -> None:
    assert known(Party(name="市民政局", level="city"), seated=SEATED).of("市民政局").level == "city"


@given(st.text(max_size=20), st.text(max_size=20))
def test_names_mean_the_same_both_ways_round(one: str, other: str) -> None:
    who = known(seated=SEATED)
    assert who.same(one, other) == who.same(other, one) or not (one and other)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"name": "x", "level": "planet"}, "level"),
        ({"name": "x"}, "give a level"),
        ({"level": "city"}, "name"),
        ({"name": "x", "level": "city", "more": 1}, "more"),
        ({"name": "a\x1b", "level": "city"}, "control characters"),
        ("x", "entry"),
    ],
)
def test_what_is_no_organisation_is_told(entry: object, says: str) -> None:
    with pytest.raises(RegistrationInvalid, match=says):
        party(entry)


def test_a_name_that_two_organisations_claim_is_told() -> None:
    two = [Party(name="A", level="city", aliases=("X",)), Party(name="B", level="county", aliases=("ｘ",))]
    assert shared_names(two) == ["B: 'ｘ' is a name of A too: it can mean only one of them"]
