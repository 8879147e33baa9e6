"""The desk as an ASGI application; `dashboards.serving` serves it."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboards.ahead import AskAhead, Asker
from dashboards.preloading import Preload
from dashboards.program_files import ProgramFiles
from dashboards.views.parts import parts_of

app = st.App(
    Path(__file__).with_name("app.py"),
    middleware=[
        Middleware(ProgramFiles),
        Middleware(Preload, needed=parts_of),
        Middleware(AskAhead, ask=Asker().ask),
    ],
)
