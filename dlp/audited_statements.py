"""What a record of pgAudit says beside its statement: one relation of it, under a class; session and object auditing.

With `pgaudit.log_relation`, and for objects, each relation has a record with the same statement and rows; views
are told with the tables behind them. `pgaudit.log_rows` gives the rows; for `COPY t TO` they stay 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dlp.data_uses import ANY_COLUMN, Action, Statement

_RELATIONS = frozenset({"TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", ""})
_CLASSES: Mapping[str, Action] = {"READ": "read", "WRITE": "write", "DDL": "define"}


@dataclass(frozen=True)
class AuditedRelation:
    """What a record names.

    Attributes:
        name: the relation with its schema, as `public.residents`; '' where the statement as a whole is meant.
        type: what kind of object it is, in capitals, '' for none.
        audit_class: READ, WRITE, DDL, FUNCTION, ROLE, MISC.
    """

    name: str
    type: str
    audit_class: str


def audited_of(event: Mapping[str, object]) -> AuditedRelation:
    """The relation that the fields of a record name."""
    return AuditedRelation(str(event["object_name"]), str(event["object_type"]), str(event["audit_class"]))


def audited(found: Statement, relation: AuditedRelation, database: str) -> Statement:
    """What a record tells of a statement: its own relation alone, with all columns where the statement hides it."""
    if relation.audit_class not in _CLASSES or relation.type not in _RELATIONS:
        return Statement("other")
    if not relation.name:
        return found
    names = {*found.reads, *found.writes}
    named = _known(relation.name, names, database)
    if named is None:
        dataset = _plain(relation.name, database)
        action: Action = found.action if found.action == "export" else _CLASSES[relation.audit_class]
        is_read = relation.audit_class == "READ"
        return Statement(
            action,
            {dataset: frozenset({ANY_COLUMN})} if is_read else {},
            frozenset() if is_read else frozenset({dataset}),
            parsed=False,
        )
    return Statement(
        found.action,
        {named: found.reads[named]} if named in found.reads else {},
        found.writes & {named},
        tuple(edge for edge in found.edges if edge.from_dataset == named),
        found.parsed,
    )


def _known(name: str, names: set[str], database: str) -> str | None:
    """Under which of its names the statement uses the relation; schemas that are searched are left out there."""
    wanted = _plain(name, database)
    if wanted in names:
        return wanted
    table = wanted.rpartition(".")[2]
    return next((each for each in sorted(names) if each.rpartition(".")[2] == table), None)


def _plain(name: str, database: str) -> str:
    schema, _, table = name.replace('"', "").rpartition(".")
    owner = database or schema if schema in ("", "public") else schema
    return f"{owner}.{table}" if owner else table
