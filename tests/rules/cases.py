"""Rule cases as rows of the telemetry tables, by the code that `rongdun rules test` runs."""

from pipelines.rule_cases import START, Case, read_cases, store_events

__all__ = ["START", "Case", "read_cases", "store_events"]
