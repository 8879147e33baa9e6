"""Why a rule matched: the fields and values of one event, or what a correlation asked and what its base rules saw."""

from typing import Any

import streamlit as st

from dashboards.desk import Desk
from dashboards.facts import facts
from dashboards.grounds import BaseRule, Grounds
from dashboards.harmless import one_line, plain
from dashboards.quoted import quote_pairs
from dashboards.translation import Words
from dashboards.views.alert_conditions import every_condition
from dashboards.views.entity_risk import incident_parts, is_incident

_LONGEST = 2000
_MEASURING = frozenset({"value_sum", "value_avg", "value_percentile", "value_median"})


def why(desk: Desk, alert: dict[str, Any], grounds: Grounds | None) -> None:
    """What the rule looked at and what it saw, as recorded when it matched."""
    words = desk.words
    st.subheader(words("alert.why"), anchor=False)
    if grounds is not None:
        _correlation(words, grounds)
        every_condition(desk, alert)
        return
    seen = dict(zip(alert["matched_names"], alert["matched_values"], strict=True))
    if is_incident(seen):
        incident_parts(desk, seen)
        return
    st.caption(words("alert.why.lead"))
    if seen:
        quote_pairs(seen.items(), longest=_LONGEST)
    else:
        st.caption(words("alert.why.none"))
    every_condition(desk, alert)


def _correlation(words: Words, grounds: Grounds) -> None:
    st.caption(words("correlation.lead", type=words.label("correlation_type", grounds.type)))
    for sentence in grounds.conditions:
        st.text(sentence)
    kind = "amount" if grounds.type in _MEASURING else "count"
    facts([*grounds.group.items(), (words(f"correlation.{kind}"), grounds.count)], across=True)
    st.caption(words("correlation.saw"))
    for rule in grounds.rules:
        _base_rule(words, rule)


def _base_rule(words: Words, rule: BaseRule) -> None:
    st.markdown(words("correlation.rule", title=plain(rule.title), events=f"{len(rule.positions):,}"))
    lines = [
        (seen.field if place == 0 else "", f"{n:>3}×  {one_line(value, longest=_LONGEST)}")
        for seen in rule.seen
        for place, (value, n) in enumerate(seen.values)
    ]
    quote_pairs(lines, longest=_LONGEST + 20)
    for seen in rule.seen:
        if seen.others:
            st.caption(words("correlation.others", field=plain(seen.field), others=f"{seen.others:,}"))
