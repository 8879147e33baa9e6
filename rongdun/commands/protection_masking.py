"""`rongdun dlp mask`: a masked copy of a table that proves itself."""

import getpass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dlp.column_names import shown_name
from dlp.mask_policy import load_mask_policy
from dlp.policy import load_policy
from pipelines.copied import Copied
from pipelines.errors import SourceBroken
from pipelines.fingerprint_key import fingerprint_key
from pipelines.mask_checking import told
from pipelines.mask_copy import masked_copy
from pipelines.mask_sources import mask_policy_of
from pipelines.recording import Doer, record_masked
from pipelines.scan_sources import is_other_than_file, shown_target
from response.chain import Role
from rongdun.commands.protection import Json, app, refuse_missing
from rongdun.commands.protection_checks import finding_rows
from rongdun.console import err, harmless, print_json, print_table, progress
from rongdun.settings import Settings
from store.errors import QueryFailed
from store.session import open_store


class Purpose(StrEnum):
    """What the masked copy is for: the policy masks differently for each."""

    display = "display"
    test = "test"
    sharing = "sharing"


@app.command()
def mask(
    actor: Annotated[str, typer.Option(help="Who makes it; goes on record.", default_factory=getpass.getuser)],
    target: Annotated[
        str,
        typer.Argument(help="A table, workbook, SQLite file or archive, `table:NAME`, or the URL of a database."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The masked copy; made only when its checks pass.")],
    policy: Annotated[str, typer.Option(help="A masking policy, or `default`.")] = "default",
    purpose: Annotated[Purpose, typer.Option(help="What the copy is for.")] = Purpose.display,
    basis: Annotated[str, typer.Option(help="On what ground; goes on record.")] = "masked copy",
    as_json: Json = False,
) -> None:
    """Write a masked copy, check it, and put it on record; exit 1, and no copy, when a check fails."""
    refuse_missing([target])
    settings, by = Settings(), Doer(actor, Role.ENGINEER, basis)
    entities = load_policy(settings.rules_folder / "dlp" / "policy.yml")
    types = entities.entities
    chosen = mask_policy_of(settings, entities) if policy == "default" else load_mask_policy(Path(policy), types)
    key = fingerprint_key(settings.key_file.with_name(f"{chosen.masking.key}.key"))
    shown = shown_target(target)
    try:
        with open_store(settings) as store, progress("masking") as advance:
            copied = masked_copy(
                target if is_other_than_file(target) else Path(target),
                out,
                policy=entities,
                mask_policy=chosen,
                purpose=purpose.value,
                key=key,
                store=store,
                progress=advance,
            )
            record_masked(store, shown, out, copied, purpose.value, by)
    except (SourceBroken, QueryFailed) as broken:
        _refuse(f"{shown}: {told(broken)}")
        return
    if as_json:
        print_json({"path": shown, "out": str(out), "purpose": purpose.value, **copied.as_json()})
    else:
        _show(shown, out, copied, settings)
    if not copied.holds:
        err().print(harmless(f"{out}: not written: the masked copy failed its checks"), markup=False)
        raise typer.Exit(1)


def _show(shown: str, out: Path, copied: Copied, settings: Settings) -> None:
    lost = f", {copied.rejected} could not be read and are left out" if copied.rejected else ""
    print_table(
        f"{shown}: {copied.rows} rows{lost}",
        [
            {
                **({"table": table.name} if len(copied.tables) > 1 else {}),
                "column": shown_name(one.column),
                "type": one.entity_type,
                "masked by": one.words,
            }
            for table in copied.tables
            for one in table.treatments
        ],
    )
    verdict = "every check passed" if copied.holds else "a check failed"
    print_table(f"{out}: {verdict}", finding_rows(copied.findings, settings.language))


def _refuse(reason: str) -> None:
    err().print(harmless(reason), markup=False)
    raise typer.Exit(2)
