"""`rongdun dlp mask`: a masked copy of a table that proves itself."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dlp.column_names import shown_name
from dlp.mask_policy import MaskPolicy, load_mask_policy
from dlp.policy import load_policy
from pipelines.errors import SourceBroken
from pipelines.fingerprint_key import fingerprint_key
from pipelines.mask_copy import Copied, masked_copy
from pipelines.mask_sources import mask_policy_of
from rongdun.commands.protection import Json, app
from rongdun.commands.protection_checks import finding_rows
from rongdun.console import err, harmless, print_json, print_table, progress
from rongdun.settings import Settings


class Purpose(StrEnum):
    """What the masked copy is for: the policy masks differently for each."""

    display = "display"
    test = "test"
    sharing = "sharing"


@app.command()
def mask(
    path: Annotated[Path, typer.Argument(help="A CSV, TSV, Parquet, JSON or JSON-lines file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The masked copy; made only when its checks pass.")],
    policy: Annotated[str, typer.Option(help="A masking policy, or `default`.")] = "default",
    purpose: Annotated[Purpose, typer.Option(help="What the copy is for.")] = Purpose.display,
    as_json: Json = False,
) -> None:
    """Write a masked copy of a table and check it; exit 1, and no copy, when a check fails."""
    if not path.is_file():
        _refuse(f"no such file: {path}")
    settings = Settings()
    chosen = _policy(policy, settings)
    key = fingerprint_key(settings.key_file.with_name(f"{chosen.masking.key}.key"))
    entities = load_policy(settings.rules_folder / "dlp" / "policy.yml")
    try:
        with progress("masking") as advance:
            copied = masked_copy(
                path, out, policy=entities, mask_policy=chosen, purpose=purpose.value, key=key, progress=advance
            )
    except SourceBroken as broken:
        _refuse(f"{path}: {broken}")
        return
    if as_json:
        print_json({"path": str(path), "out": str(out), "purpose": purpose.value, **copied.as_json()})
    else:
        _show(path, out, copied, settings)
    if not copied.holds:
        err().print(harmless(f"{out}: not written: the masked copy failed its checks"), markup=False)
        raise typer.Exit(1)


def _policy(name: str, settings: Settings) -> MaskPolicy:
    return mask_policy_of(settings) if name == "default" else load_mask_policy(Path(name))


def _show(path: Path, out: Path, copied: Copied, settings: Settings) -> None:
    lost = f", {copied.rejected} could not be read and are left out" if copied.rejected else ""
    print_table(
        f"{path}: {copied.rows} rows{lost}",
        [
            {"column": shown_name(one.column), "type": one.entity_type, "masked by": one.words}
            for one in copied.treatments
        ],
    )
    verdict = "every check passed" if copied.holds else "a check failed"
    print_table(f"{out}: {verdict}", finding_rows(copied.findings, settings.language))


def _refuse(reason: str) -> None:
    err().print(harmless(reason), markup=False)
    raise typer.Exit(2)
