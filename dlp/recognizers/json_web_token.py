"""JSON web tokens (RFC 7519): parts in base64url, the first a header that names an algorithm."""

import base64
import binascii
import json

import numpy as np
import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import Kind
from dlp.profiles import DIGIT, DOT, LETTER, OTHER, SEPARATOR

_HEADER_AT_MOST = 4096  # characters


def json_web_token_holds(values: pl.Series) -> Verdicts:
    """Whether the first part of each is a JSON object with `alg` (RFC 7515, 4.1.1)."""
    return np.array([_names_algorithm(value.partition(".")[0]) for value in values.to_list()], dtype=np.bool_)


def _names_algorithm(part: str) -> bool:
    if len(part) > _HEADER_AT_MOST:
        return False
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and isinstance(header.get("alg"), str)


JSON_WEB_TOKEN = Kind(
    name="json_web_token",
    entity_type="JSON_WEB_TOKEN",
    gate="eyJ",
    lengths=(20, 65_536),
    of=DIGIT | LETTER | DOT | OTHER | SEPARATOR,
    needs=DOT,
    pattern=r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{0,}",
    check=json_web_token_holds,
    check_chance=0.001,
    shape_chance=0.001,
    context=("token", "jwt", "bearer", "authorization", "令牌"),
    marked=True,
    score=0.8,
    alone=0.0,
    examples=("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "eyJhbGciOiJub25lIn0.e30."),
    counter_examples=("eyJzdWIiOiJhIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "eyJabcdefgh.eyJabcd.abcd"),
)

KINDS = (JSON_WEB_TOKEN,)
