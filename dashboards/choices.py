"""A choice among codes whose labels follow the reader's language, and that outlives a change of it."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.translation import Words


def chosen_code(
    words: Words,
    label: str,
    codes: Sequence[str],
    *,
    key: str,
    name: Callable[[str], str],
    place: DeltaGenerator | None = None,
) -> str:
    """The code that the reader chose, the first one before that; kept in the session under `key`.

    Args:
        words: of the reader's language.
        label: shown above the box.
        codes: what can be chosen, at least one.
        key: of the choice in the session's state.
        name: the label of a code.
        place: where the box goes; here by default.
    """
    # A box keeps the text it showed first: one box for each language, over one choice.
    box = f"{key}.{words.language}"
    current = st.session_state.get(key)

    def keep() -> None:
        st.session_state[key] = st.session_state[box]

    found = (place or st).selectbox(
        label,
        codes,
        index=codes.index(current) if current in codes else 0,
        key=box,
        format_func=name,
        on_change=keep,
    )
    return found or codes[0]
