"""Passwords: what an assignment gives in text, what URLs, commands and statements carry, and columns named so."""

from dlp.kinds import Kind
from dlp.password_values import (
    assigned_password_holds,
    basic_credentials_hold,
    commanded_password_holds,
    mixed_password_holds,
    spoken_password_holds,
    sql_password_holds,
    url_password_holds,
)
from dlp.profiles import ASCII, BEYOND, LETTER, LOWER, OTHER, SEPARATOR

_CONTEXT = ("password", "口令", "密码", "login", "登录")
_WORD = r"(?i:password|passwd|passphrase|passcode|pwd|口令|密[码碼])"
# It ends in no sign that closes what it stands in.
_VALUE = r"[!#$%()*+./0-9:=?@A-Z\\^_a-z{|}~\[\]-]{3,63}[!#$%*+0-9=?@A-Z^_a-z~-]"
# = and : and is, the text of an XML element, and `value` behind the name of a variable
_SETS = (
    r"(?:(?:\([^()\s]{1,12}\)|[\"')\]]{0,2})\s{0,3}(?:=>|:=|[是为為]?[:=]|[是为為]|\s(?:is|was)\s)|>(?:<!\[CDATA\[)?"
    r"|[\"']?[,;]?\s{1,8}[\"']?value[\"']?\s?[:=]|[\"'],\s?[\"']value[\"']\s?:)\s{0,3}(?:\\?[\"'])?"
)

# password=S3cure!pass, "口令": "..."
ASSIGNED = Kind(
    name="assigned_password",
    entity_type="PASSWORD",
    gate=_WORD,
    lengths=(8, 120),
    needs=0,
    pattern=rf"[A-Za-z_]{{0,16}}{_WORD}{_SETS}{_VALUE}",
    check=assigned_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    context=_CONTEXT,
    score=0.6,
    alone=0.0,
    examples=(
        "password=S3cure!pass",
        "密码:Fz9kQ2mz",
        "db_passwd = aB3$kL9z",
        "口令是:Kd%fnyP3W",
        "password is Kd%fnyP3W",
        "password>S3cure!pass",
        "DB_PASSWORD\n  value: S3cure!pass",
        "password: %QQFO)HmQ3",
    ),
    counter_examples=(
        "password=changeme",
        "password: ****",
        "pwd=/home/user",
        "password=${DB_PASSWORD}",
        "password=os.environ[",
        'pwd":null',
    ),
)

_SECRETS = r"(?:pass|PASS|secret(?:_?key|Key)?|SECRET(?:_?KEY)?)"
_ENDINGS = r"(?:Pass|Secret(?:Key)?|Key[Ss]ecret)"

# db.pass=S3cure!pass, smtpPass: ..., JWT_SECRET=...
SHORT = Kind(
    name="mixed_password",
    entity_type="PASSWORD",
    gate=r"(?:pass|Pass|PASS|ecret|ECRET)(?:_?[Kk]ey|_?KEY)?[\"']?[ \t]?[:=]",
    lengths=(10, 120),
    of=ASCII,
    needs=OTHER | LOWER,
    some_of=LETTER,
    pattern=rf"(?:(?:[A-Za-z0-9]{{1,16}}[_.-]){{0,4}}{_SECRETS}|[A-Za-z0-9_.-]{{1,24}}?{_ENDINGS})"
    rf"[\"']?[ \t]?[:=][ \t]{{0,3}}(?:\\?[\"'])?{_VALUE}",
    check=mixed_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    context=_CONTEXT,
    score=0.6,
    alone=0.0,
    examples=("db.pass=S3cure!pass1", "smtpPass: S3cure!pass1", "JWT_SECRET=qL4xT9bZ2mWv"),
    counter_examples=("pass: 118/120", "bypass: Chrome/120", "secret: default-token-x2x4z", "secret=default"),
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
    gate="密[码碼]|口令",
    lengths=(8, 76),
    needs=BEYOND,
    pattern=rf"(?:密[码碼]|口令)[\s(\[「『【“\x22']{{0,2}}{_VALUE}",
    check=spoken_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    score=0.5,
    alone=0.0,
    not_before=("加密", "算法", "哈希", "摘要"),
    examples=("密码Xm@GK98b", "口令 Fz9#kQ2mz", "密碼「Xm@GK98b"),
    counter_examples=("密码12345678", "密码AES256", "密码abc12345"),
)

# mysql -uroot -p'S3cure!pass', sshpass -p S3cure!pass, redis-cli -a S3cure!pass, curl -u city:S3cure!pass
OPTION = Kind(
    name="option_password",
    entity_type="PASSWORD",
    gate=r" -(?:[pau]|-user)|echo .{4,90}\|",
    lengths=(14, 160),
    of=ASCII,
    needs=LOWER | SEPARATOR,
    pattern=rf"(?:mysql|mysqldump|mysqladmin|mariadb)(?: [!-~]{{1,40}}){{0,4}} -p[\"']?{_VALUE}"
    r"|(?:sshpass -p|redis-cli(?: -[hpn] ?[!-~]{1,40}){0,3} -a|mongo(?:sh|dump)?(?: [!-~]{1,40}){0,4} -p)"
    rf" [\"']?{_VALUE}"
    rf"|curl(?: [!-~]{{1,80}}){{0,6}} (?:-u ?|--user[ =])[\"']?[A-Za-z0-9._@-]{{1,64}}:{_VALUE}"
    rf"|echo (?:-n )?[\"']?{_VALUE}[\"']? ?\| ?(?:sudo -S|(?:sudo )?passwd --stdin|(?:sudo )?chpasswd)",
    check=commanded_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    context=_CONTEXT,
    score=0.6,
    alone=0.0,
    examples=(
        "mysql -uroot -pS3cure!pass",
        "sshpass -p S3cure!pass",
        "redis-cli -h 192.0.2.7 -a S3cure!pass",
        "curl -u city:S3cure!pass",
        "echo S3cure!pass | sudo -S",
        "echo 'city:S3cure!pass' | chpasswd",
    ),
    counter_examples=("mysql -uroot -p", "mysql -p$PASSWORD", "sshpass -p /etc/passwd", "curl -u city:$PASSWORD"),
)

# IDENTIFIED BY 'S3cure!pass', of MySQL, MariaDB and Oracle; PASSWORD '…' of PostgreSQL
IN_STATEMENT = Kind(
    name="statement_password",
    entity_type="PASSWORD",
    gate=" '",
    lengths=(14, 140),
    of=ASCII,
    needs=OTHER | SEPARATOR,
    some_of=LETTER,
    pattern=rf"(?i:identified (?:with [a-z0-9_]{{1,40}} )?by(?: password)?|password) '{_VALUE}",
    check=sql_password_holds,
    check_chance=0.2,
    marked=True,
    shape_chance=0.01,
    context=_CONTEXT,
    score=0.6,
    alone=0.0,
    examples=(
        "IDENTIFIED BY 'S3cure!pass",
        "identified with caching_sha2_password by 'S3cure!pass",
        "PASSWORD 'S3cure!pass",
    ),
    counter_examples=("IDENTIFIED BY '****", "IDENTIFIED BY 'changeme"),
)

# Authorization: Basic Y2l0eTpTM2N1cmUhcGFzcw==
BASIC = Kind(
    name="basic_credentials",
    entity_type="PASSWORD",
    gate="[Bb]asic ",
    lengths=(14, 200),
    of=ASCII,
    needs=LOWER | SEPARATOR,
    pattern=r"[Bb]asic [A-Za-z0-9+/]{8,180}={0,2}",
    check=basic_credentials_hold,
    check_chance=0.01,
    marked=True,
    shape_chance=0.01,
    score=0.6,
    alone=0.0,
    examples=("Basic Y2l0eTpTM2N1cmUhcGFzcw==",),
    counter_examples=("Basic information", "Basic Y2l0eTo="),
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

KINDS = (ASSIGNED, SHORT, IN_URL, SPOKEN, OPTION, IN_STATEMENT, BASIC, NAMED)
