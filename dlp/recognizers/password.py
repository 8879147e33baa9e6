"""Passwords: what an assignment gives in text, what a URL carries, and the values of a column named so."""

import math
import re
from collections import Counter

import numpy as np
import polars as pl

from dlp.checksums import Verdicts
from dlp.kinds import Kind
from dlp.profiles import ASCII, BEYOND, LOWER, OTHER, SEPARATOR

_LEAST_ENTROPY = 3.5  # bits per character, of a long value
_SHARE_OF_MOST = 0.75  # of what so short a value could have at most
_ASSIGNED = re.compile(r"^.*?(?:=>|:=|[是为]?[:=]|[是为]|\s(?:is|was)\s)\s{0,3}[\"']?", re.DOTALL)
_SPOKEN = re.compile(r"^(?:密码|口令)\s?")
_OPTION = re.compile(r"^.*\s-[pa]\s?[\"']?", re.DOTALL)
_LEAST_CLASSES = 3  # of small letters, capitals, digits and signs, where nothing but a word stands before
_PLACEHOLDER = re.compile(
    r"(?i)^(?:null|none|nil|true|false|undefined|empty|string|str|your.*|my.?password|example.*|change.?me|placeholder|"
    r"pass(?:word|wd)?|pwd|secret|xxx+|\*+|\.{3,}|#+|-+|redacted|masked|hidden|required|incorrect|invalid|wrong|"
    r"expired|reset|changed|failed|authentication|ok|yes|no)$"
)
_VARIABLE = re.compile(r"^[$%<{\[(~/\\]|^\.{1,2}/|[(\[]$|[({]|^[A-Za-z_]+(?:\.[A-Za-z_]+)+$|\*{3,}")


def assigned_password_holds(values: pl.Series) -> Verdicts:
    """Whether what each assigns is random enough, and no placeholder, variable or path."""
    return np.array([_is_secret(_ASSIGNED.sub("", value, count=1)) for value in values.to_list()], dtype=np.bool_)


def url_password_holds(values: pl.Series) -> Verdicts:
    """Whether what stands between the colon and the sign of each URL is a password and no placeholder."""
    parts = [value.partition("://")[2].rpartition("@")[0].partition(":")[2] for value in values.to_list()]
    return np.array([_is_secret(part) for part in parts], dtype=np.bool_)


def spoken_password_holds(values: pl.Series) -> Verdicts:
    """Whether what stands behind the word in each is mixed as only passwords are."""
    parts = [_SPOKEN.sub("", value) for value in values.to_list()]
    return np.array([_is_secret(part) and _classes(part) >= _LEAST_CLASSES for part in parts], dtype=np.bool_)


def option_password_holds(values: pl.Series) -> Verdicts:
    """Whether what stands behind the option of each command is random enough, and no variable, path or port."""
    parts = [_OPTION.sub("", value) for value in values.to_list()]
    return np.array([_is_secret(part) and not part.isdigit() for part in parts], dtype=np.bool_)


def _is_secret(value: str) -> bool:
    bare = value.strip("\"'`,;")
    if len(bare) < 4 or _PLACEHOLDER.search(bare) or _VARIABLE.search(bare):
        return False
    if _classes(bare) < 2 and not bare.isdigit():
        return False
    return _entropy(bare) >= min(_LEAST_ENTROPY, _SHARE_OF_MOST * math.log2(len(bare)))


def _classes(value: str) -> int:
    return sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


def _entropy(value: str) -> float:
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)


_WORD = r"(?i:password|passwd|passphrase|passcode|pwd|口令|密码)"
_VALUE = r"[!#$%*+./0-9:=?@A-Z\\^_a-z{|}~\[\]<-]{4,64}"

# password=S3cure!pass, "口令": "..."
ASSIGNED = Kind(
    name="assigned_password",
    entity_type="PASSWORD",
    gate=_WORD,
    lengths=(8, 120),
    needs=0,
    pattern=rf"[A-Za-z_]{{0,16}}{_WORD}[\"']?\s{{0,3}}(?:=>|:=|[是为]?[:=]|[是为]|\s(?:is|was)\s)\s{{0,3}}[\"']?{_VALUE}",
    check=assigned_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    context=("password", "口令", "密码", "login", "登录"),
    score=0.6,
    alone=0.0,
    examples=(
        "password=S3cure!pass",
        "密码:Fz9kQ2mz",
        "db_passwd = aB3$kL9z",
        "口令是:Kd%fnyP3W",
        "password is Kd%fnyP3W",
    ),
    counter_examples=(
        "password=changeme",
        "password: ****",
        "pwd=/home/user",
        "password=${DB_PASSWORD}",
        "password=os.environ[",
    ),
)

# postgres://city:S3cure!pass@192.0.2.7
IN_URL = Kind(
    name="url_password",
    entity_type="PASSWORD",
    gate="://",
    lengths=(10, 255),
    needs=OTHER,
    pattern=r"[a-z][a-z0-9+.-]{1,15}://[^\s/:@]{0,64}:[^\s/@]{3,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,120}[A-Za-z0-9])?",
    check=url_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    score=0.6,
    alone=0.0,
    examples=("postgres://city:S3cure!pass@192.0.2.7", "redis://:S3cure!pass@192.0.2.7"),
    counter_examples=("https://user:password@example.org", "https://example.org:8080/"),
)

# 初始密码Xm@GK98b
SPOKEN = Kind(
    name="spoken_password",
    entity_type="PASSWORD",
    gate="密码|口令",
    lengths=(8, 66),
    needs=BEYOND,
    pattern=rf"(?:密码|口令)\s?{_VALUE}",
    check=spoken_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    score=0.5,
    alone=0.0,
    not_before=("加密", "算法", "哈希", "摘要"),
    examples=("密码Xm@GK98b", "口令 Fz9#kQ2mz"),
    counter_examples=("密码12345678", "密码AES256", "密码abc12345"),
)

# mysql -uroot -p'S3cure!pass', sshpass -p S3cure!pass, redis-cli -a S3cure!pass
OPTION = Kind(
    name="option_password",
    entity_type="PASSWORD",
    gate=" -[pa]",
    lengths=(14, 160),
    of=ASCII,
    needs=LOWER | SEPARATOR,
    pattern=rf"(?:mysql|mysqldump|mysqladmin|mariadb)(?: [!-~]{{1,40}}){{0,4}} -p[\"']?{_VALUE}"
    r"|(?:sshpass -p|redis-cli(?: -[hpn] ?[!-~]{1,40}){0,3} -a|mongo(?:sh|dump)?(?: [!-~]{1,40}){0,4} -p)"
    rf" [\"']?{_VALUE}",
    check=option_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    context=("password", "口令", "密码", "login", "登录"),
    score=0.6,
    alone=0.0,
    examples=("mysql -uroot -pS3cure!pass", "sshpass -p S3cure!pass", "redis-cli -h 192.0.2.7 -a S3cure!pass"),
    counter_examples=("mysql -uroot -p", "mysql -p$PASSWORD", "sshpass -p /etc/passwd"),
)

# Whatever stands in a column that is named for passwords
NAMED = Kind(
    name="named_password",
    entity_type="PASSWORD",
    gate="",
    lengths=(4, 128),
    of=ASCII,
    pattern=r"[!-~]{4,}",
    named=0.6,
    in_text=False,
    examples=("S3cure!pass",),
    counter_examples=("a b c",),
)

KINDS = (ASSIGNED, IN_URL, SPOKEN, OPTION, NAMED)
