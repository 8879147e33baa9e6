"""Every type has an operator for every purpose, and what a copy makes of a column of it holds."""

from pathlib import Path

import polars as pl
import pytest

from dlp.mask_policy import Purpose, default_mask_policy
from dlp.policy import default_policy
from dlp.registry import ENTITY_TYPES
from pipelines.copied import Copied
from pipelines.mask_copy import masked_copy
from tests.dlp.made_up import column_of, made_up
from tests.dlp.masking import KEY

PURPOSES: tuple[Purpose, ...] = ("display", "test", "sharing")
TYPES = tuple(dict.fromkeys((*ENTITY_TYPES, *default_policy().entities)))
POLICY = default_mask_policy()
SECRETS = ("PRIVATE_KEY", "JSON_WEB_TOKEN", "ACCESS_KEY", "PASSWORD", "VERIFICATION_CODE")


def copied(source: Path, out: Path, purpose: Purpose) -> Copied:
    return masked_copy(source, out, policy=default_policy(), mask_policy=POLICY, purpose=purpose, key=KEY)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_type_is_thought_of(purpose: Purpose) -> None:
    assert not [name for name in TYPES if name not in POLICY.masking.purposes[purpose]]


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("entity_type", SECRETS)
def test_secrets_are_gone_whatever_the_purpose(entity_type: str, purpose: Purpose) -> None:
    assert POLICY.masking.operator(entity_type, purpose).operator == "redact"


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("entity_type", TYPES)
def test_a_masked_column_of_every_type_holds(tmp_path: Path, entity_type: str, purpose: Purpose) -> None:
    values = made_up(entity_type)
    table = pl.DataFrame({column_of(entity_type): values, "order_no": [f"A{at:05}" for at in range(len(values))]})
    table.write_csv(tmp_path / "table.csv")
    told = copied(tmp_path / "table.csv", tmp_path / "out.csv", purpose)
    assert told.holds, told.findings
    made = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert made["order_no"].to_list() == table["order_no"].to_list()
    kept = POLICY.masking.operator(entity_type, purpose).operator == "keep"
    assert bool(told.treatments) is not kept
    left = {value for value in values if value in set(made[column_of(entity_type)].drop_nulls())}
    assert (left == set(values)) if kept else not left
