"""Masked copies: every format comes out as it went in, nothing raw is left, and a copy that fails is not there."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dlp.mask_policy import MaskPolicy, Operator, Purpose, default_mask_policy
from dlp.policy import default_policy
from pipelines.copied import Copied
from pipelines.errors import PipelineError, SourceBroken
from pipelines.mask_copy import masked_copy
from tests.dlp.masking import KEY, md5, people, windowed

PEOPLE = people(200, seed=5).with_columns(
    pl.concat_str(pl.lit("来电"), pl.col("phone"), pl.lit("，证件"), pl.col("id_card"), pl.lit("已登记")).alias(
        "remark"
    ),
    pl.int_range(200).alias("order_no") + 20_240_101_000,
)
CANARIES = [*PEOPLE["id_card"], *PEOPLE["phone"]]
FREE = default_mask_policy().model_copy(
    update={"masking": default_mask_policy().masking.model_copy(update={"text_names": "patterns"})}
)
PURPOSES: tuple[Purpose, ...] = ("display", "test", "sharing")


def copied(source: Path, out: Path, *, purpose: Purpose = "display", policy: MaskPolicy = FREE) -> Copied:
    return masked_copy(source, out, policy=default_policy(), mask_policy=policy, purpose=purpose, key=KEY)


def _csv(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path)


def _tsv(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path, separator="\t")


def _gb18030(frame: pl.DataFrame, path: Path) -> None:
    path.write_bytes(frame.write_csv(separator=";").encode("gb18030"))


def _bare(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path, include_header=False)


def _gz(frame: pl.DataFrame, path: Path) -> None:
    path.write_bytes(gzip.compress(frame.write_csv().encode()))


def _array(frame: pl.DataFrame, path: Path) -> None:
    path.write_text(json.dumps(frame.to_dicts(), ensure_ascii=False), encoding="utf-8")


def _parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.with_columns(pl.col("phone").cast(pl.Int64), pl.col("birth_date").str.to_date()).write_parquet(path)


FORMATS: list[tuple[str, Callable[[pl.DataFrame, Path], None]]] = [
    ("people.csv", _csv),
    ("people.tsv", _tsv),
    ("chinese.csv", _gb18030),
    ("bare.csv", _bare),
    ("people.csv.gz", _gz),
    ("people.jsonl", pl.DataFrame.write_ndjson),
    ("people.json", _array),
    ("people.parquet", _parquet),
]


def content(path: Path) -> str:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.suffix == ".parquet":
        return pl.read_parquet(path).write_csv()
    return raw.decode("gb18030" if path.name.startswith("chinese") else "utf-8")


@pytest.mark.parametrize(("name", "write"), FORMATS)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_format_comes_out_masked(
    tmp_path: Path, name: str, write: Callable[[pl.DataFrame, Path], None], purpose: Purpose
) -> None:
    write(PEOPLE, tmp_path / name)
    out = tmp_path / "out" / name
    out.parent.mkdir()
    told = copied(tmp_path / name, out, purpose=purpose)
    assert told.holds, told.findings
    text = content(out)
    assert not [value for value in CANARIES if value in text]
    assert PEOPLE["remark"][0][:2] in text
    assert "20240101000" in text
    assert [path.name for path in out.parent.iterdir()] == [name]


def test_columns_that_hold_nothing_are_untouched_and_the_header_stays(tmp_path: Path) -> None:
    PEOPLE.write_csv(tmp_path / "people.csv")
    copied(tmp_path / "people.csv", tmp_path / "out.csv", purpose="test")
    made = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert made.columns == PEOPLE.columns
    assert made["order_no"].to_list() == [str(number) for number in PEOPLE["order_no"]]
    assert made["birth_date"].to_list() == [birth[:4] for birth in PEOPLE["birth_date"]]
    assert made["phone"].n_unique() == PEOPLE["phone"].n_unique()
    assert made["phone"].str.contains(r"^2\d{10}$").all()


def test_the_same_value_has_the_same_token_in_every_table(tmp_path: Path) -> None:
    PEOPLE.select("phone", "name").write_csv(tmp_path / "one.csv")
    PEOPLE.select("phone").reverse().write_ndjson(tmp_path / "two.jsonl")
    copied(tmp_path / "one.csv", tmp_path / "a.csv", purpose="test")
    copied(tmp_path / "two.jsonl", tmp_path / "b.jsonl", purpose="test")
    first = pl.read_csv(tmp_path / "a.csv", infer_schema=False)["phone"].to_list()
    second = pl.read_ndjson(tmp_path / "b.jsonl")["phone"].cast(pl.String).to_list()
    assert first == second[::-1]


def test_nested_fields_and_lists_are_masked_where_they_stand(tmp_path: Path) -> None:
    records = [
        {"who": {"phone": phone, "age": 30}, "calls": [{"to": phone}], "note": None, "ok": True}
        for phone in PEOPLE["phone"]
    ]
    (tmp_path / "calls.jsonl").write_text("\n".join(map(json.dumps, records)) + "\nno json\n", encoding="utf-8")
    told = copied(tmp_path / "calls.jsonl", tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (told.holds, told.rejected, len(lines)) == (True, 1, 200)
    assert lines[0]["who"]["phone"] == PEOPLE["phone"][0][:3] + "******" + PEOPLE["phone"][0][-2:]
    assert lines[0]["calls"][0]["to"] != PEOPLE["phone"][0]
    assert (lines[0]["note"], lines[0]["ok"]) == (None, True)


@pytest.mark.parametrize("name", ["people.csv", "people.jsonl", "people.json", "people.parquet"])
def test_names_of_a_row_are_masked_in_its_remarks_too(tmp_path: Path, name: str) -> None:
    table = PEOPLE.select("name", "phone", pl.format("已通知{}本人", "name").alias("remark"), pl.lit("5").alias("age"))
    writers = dict(FORMATS)
    writers[name](table.with_columns(pl.lit("1990-03-07").alias("birth_date")), tmp_path / name)
    out = tmp_path / f"out-{name}"
    assert copied(tmp_path / name, out).holds
    assert not [value for value in PEOPLE["name"] if value in content(out)]


def test_numbers_whose_check_digit_is_wrong_are_masked_where_the_name_says_what_they_are(tmp_path: Path) -> None:
    wrong = [value[:17] + ("0" if value[17] != "0" else "1") for value in PEOPLE["id_card"]]
    pl.DataFrame({"身份证号": wrong}).write_csv(tmp_path / "people.csv")
    assert copied(tmp_path / "people.csv", tmp_path / "out.csv").holds
    assert not [value for value in wrong if value in content(tmp_path / "out.csv")]


def test_weak_masks_digests_and_encodings_are_masked_again(tmp_path: Path) -> None:
    phones = PEOPLE["phone"].to_list()
    weak = pl.DataFrame({"phone": windowed(phones, 8, 0), "phone_md5": md5(phones)})
    weak.write_csv(tmp_path / "weak.csv")
    assert copied(tmp_path / "weak.csv", tmp_path / "out.csv").holds
    made = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert made["phone"].str.contains(r"^1\d{2}\*{8}$").all()
    assert not set(made["phone_md5"]) & set(weak["phone_md5"])


def _keeping(**operators: Operator) -> MaskPolicy:
    purposes = {**FREE.masking.purposes, "display": {**FREE.masking.purposes["display"], **operators}}
    return FREE.model_copy(update={"masking": FREE.masking.model_copy(update={"purposes": purposes})})


def test_a_copy_that_fails_its_checks_is_not_there(tmp_path: Path) -> None:
    PEOPLE.write_csv(tmp_path / "people.csv")
    policy = _keeping(CN_RESIDENT_ID=Operator(operator="mask", head=14, tail=1))
    told = copied(tmp_path / "people.csv", tmp_path / "out.csv", policy=policy)
    assert not told.holds
    assert {finding.check.value for finding in told.findings} >= {"residual"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.csv"]


def test_an_older_copy_stays_when_a_new_one_fails(tmp_path: Path) -> None:
    PEOPLE.write_csv(tmp_path / "people.csv")
    (tmp_path / "out.csv").write_text("older", encoding="utf-8")
    copied(
        tmp_path / "people.csv",
        tmp_path / "out.csv",
        policy=_keeping(PHONE_NUMBER=Operator(operator="mask", head=7, tail=1)),
    )
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "older"


@pytest.mark.parametrize(
    ("out", "says"),
    [("people.csv", "itself"), ("link.csv", "itself"), ("no/folder.csv", "no such folder"), ("x.parquet", "format")],
)
def test_what_must_not_be_written_is_refused(tmp_path: Path, out: str, says: str) -> None:
    PEOPLE.write_csv(tmp_path / "people.csv")
    before = (tmp_path / "people.csv").read_bytes()
    (tmp_path / "link.csv").hardlink_to(tmp_path / "people.csv")
    with pytest.raises(PipelineError, match=says):
        copied(tmp_path / "people.csv", tmp_path / out)
    assert (tmp_path / "people.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "raw"),
    [("a.csv", b""), ("a.csv", bytes(range(256)) * 9), ("a.parquet", b"PAR1" + bytes(99)), ("a.jsonl", b"{\n{\n")],
)
def test_damaged_tables_give_a_reason_and_no_copy(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(SourceBroken):
        copied(tmp_path / name, tmp_path / f"out-{name}")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.slow
def test_names_in_sentences_are_guessed_by_presidio(tmp_path: Path) -> None:
    table = PEOPLE.select(pl.format("{}的电话是{}，请回复。", "name", "phone").alias("remark"))
    table.write_csv(tmp_path / "remarks.csv")
    assert copied(tmp_path / "remarks.csv", tmp_path / "out.csv", policy=default_mask_policy()).holds
    made = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert sum(name in made for name in PEOPLE["name"]) < 100
    assert not [phone for phone in PEOPLE["phone"] if phone in made]
