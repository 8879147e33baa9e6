"""What a password looks like, and what only stands in the place of one: a variable, a path, a word for nothing."""

import base64
import binascii
import math
import re
from collections import Counter

import numpy as np
import polars as pl

from dlp.checksums import Verdicts

_LEAST_ENTROPY = 3.5  # bits per character, of a long value
_SHARE_OF_MOST = 0.75  # of what so short a value could have at most
_LEAST_CLASSES = 3  # of small letters, capitals, digits and signs, where nothing but a word stands before
_ASSIGNED = re.compile(
    r"^.*?(?:=>|:=|[是为為]?[:=]|[是为為]|\s(?:is|was)\s|>(?:<!\[CDATA\[)?)\s{0,3}(?:\\?[\"'])?", re.DOTALL
)
_SPOKEN = re.compile(r"^(?:密[码碼]|口令)[\s(\[「『【“\"']{0,2}")
_COMMANDED = re.compile(
    r"^.*\s(?:-[pa]\s?[\"']?|(?:-u|--user)[ =]?[\"']?[^\s:]*:)"
    r"|^echo (?:-n )?[\"']?(?:[a-z][a-z0-9._-]{0,31}:)?|[\"']? ?\|[^|]*$",
    re.DOTALL,
)
_SQL = re.compile(r"^[^']*'")
_PLACEHOLDER = re.compile(
    r"(?i)^(?:null|none|nil|true|false|undefined|empty|string|str|your.*|my.?password|example.*|change.?me.*|placeholder|"
    r"pass(?:word|wd)?|pwd|secret|xxx+|\*+|\.{3,}|#+|-+|redacted|masked|hidden|required|incorrect|invalid|wrong|"
    r"(?:replace|enter|insert|to.?be).{0,20}|expired|reset|changed|failed|authentication|ok|yes|no)$"
)
# $NAME, ${NAME}, %NAME%, %s, {{ name }}, <name>, [name], ~/path, ../path, call(, dotted.name, ****
_VARIABLE = re.compile(
    r"^\$(?:[A-Z_][A-Z0-9_]*|[a-z_]+)$|^[$%#@]?[{(<]|^%(?:[A-Za-z_]+%|[sdvq]$)|^[\[~/\\]|^\.{1,2}/"
    r"|^[A-Za-z_.]+[(\[{]|^[A-Za-z_]+(?:\.[A-Za-z_]+)+$|\*{3,}"
)
_KEY = re.compile(r"^[0-9A-Za-z+/]{20,}={0,2}$")


def assigned_password_holds(values: pl.Series) -> Verdicts:
    """Whether what each assigns is random enough, and no placeholder, variable or path."""
    return np.array([_is_secret(_ASSIGNED.sub("", value, count=1)) for value in values.to_list()], dtype=np.bool_)


def mixed_password_holds(values: pl.Series) -> Verdicts:
    """Whether what each assigns is mixed as only passwords are, or long as keys: `pass` is said of more."""
    parts = [_ASSIGNED.sub("", value, count=1) for value in values.to_list()]
    return np.array([_is_secret(part) and (_is_mixed(part) or _is_key(part)) for part in parts], dtype=np.bool_)


def may_be_password(value: str) -> bool:
    """Whether a value that is named a password may be one: no placeholder and no variable, however weak."""
    return _PLACEHOLDER.search(value) is None and _VARIABLE.search(value) is None


def url_password_holds(values: pl.Series) -> Verdicts:
    """Whether what stands between the colon and the sign of each URL is a password and no placeholder."""
    parts = [value.partition("://")[2].rpartition("@")[0].partition(":")[2] for value in values.to_list()]
    return np.array([_is_secret(part) for part in parts], dtype=np.bool_)


def spoken_password_holds(values: pl.Series) -> Verdicts:
    """Whether what stands behind the word in each is mixed as only passwords are."""
    parts = [_SPOKEN.sub("", value) for value in values.to_list()]
    return np.array([_is_secret(part) and _classes(part) >= _LEAST_CLASSES for part in parts], dtype=np.bool_)


def commanded_password_holds(values: pl.Series) -> Verdicts:
    """Whether what each command is told is random enough, and no variable, path or port."""
    parts = [_COMMANDED.sub("", value) for value in values.to_list()]
    return np.array([_is_secret(part) and not part.isdigit() for part in parts], dtype=np.bool_)


def sql_password_holds(values: pl.Series) -> Verdicts:
    """Whether what each statement sets is random enough, and no placeholder."""
    return np.array([_is_secret(_SQL.sub("", value)) for value in values.to_list()], dtype=np.bool_)


def basic_credentials_hold(values: pl.Series) -> Verdicts:
    """Whether each is a user and a password in base64 (RFC 7617)."""
    return np.array([_are_credentials(value.rpartition(" ")[2]) for value in values.to_list()], dtype=np.bool_)


def _are_credentials(encoded: str) -> bool:
    try:
        bare = encoded.rstrip("=")
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        user, _, password = raw.decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return False
    return user.isprintable() and password.isprintable() and _is_secret(password)


def _is_secret(value: str) -> bool:
    bare = value.strip("\"'`,;")
    if len(bare) < 4 or _PLACEHOLDER.search(bare) or _VARIABLE.search(bare):
        return False
    if _classes(bare) < 2 and not bare.isdigit():
        return False
    return _entropy(bare) >= min(_LEAST_ENTROPY, _SHARE_OF_MOST * math.log2(len(bare)))


def _is_mixed(value: str) -> bool:
    return _mixture(value) >= _LEAST_CLASSES


def _is_key(value: str) -> bool:
    return _KEY.search(value) is not None and sum(character.isdigit() for character in value) >= len(value) // 8


def _classes(value: str) -> int:
    return sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


def _mixture(value: str) -> int:
    """The same, where what parts words in names and paths is no sign."""
    return sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9._:/-]"))


def _entropy(value: str) -> float:
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)
