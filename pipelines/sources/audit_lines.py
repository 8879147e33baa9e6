"""Linux audit records that stand in syslog: from audispd's plugin, or from the kernel where no auditd runs."""

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.auditd import AuditEvent, EventKey, audit_batch, gathered, split_records

SPEAKERS = ("audispd", "audisp-syslog", "auditd", "audit", "kernel")

# type=SYSCALL msg=audit(1492037291.036:59): ... | [ 12.3] audit: type=1400 audit(1492037291.036:59): ...
AUDIT_SAID = r"^(?:\[ *\d+\.\d+\] ?)?(?:audit: )?(?:node=\S+ )?type=\S+ (?:msg=)?audit\(\d+\.\d+:\d+\):"
_PREFIX = r"^(?:\[ *\d+\.\d+\] ?)?(?:audit: )?"
_NUMBERED = r"^((?:node=\S+ )?type=\S+) audit\("

# The kernel's numbers for types (linux/audit.h, libaudit.h); it writes `UNKNOWN[1334]` for those that nobody named.
_TYPES = {
    "1006": "LOGIN",
    "1100": "USER_AUTH",
    "1101": "USER_ACCT",
    "1103": "CRED_ACQ",
    "1104": "CRED_DISP",
    "1105": "USER_START",
    "1106": "USER_END",
    "1107": "USER_AVC",
    "1112": "USER_LOGIN",
    "1123": "USER_CMD",
    "1130": "SERVICE_START",
    "1131": "SERVICE_STOP",
    "1300": "SYSCALL",
    "1302": "PATH",
    "1305": "CONFIG_CHANGE",
    "1306": "SOCKADDR",
    "1307": "CWD",
    "1309": "EXECVE",
    "1320": "EOE",
    "1325": "NETFILTER_CFG",
    "1326": "SECCOMP",
    "1327": "PROCTITLE",
    "1330": "KERN_MODULE",
    "1334": "BPF",
    "1400": "AVC",
    "1403": "MAC_POLICY_LOAD",
    "1404": "MAC_STATUS",
    "1700": "ANOM_PROMISCUOUS",
    "1701": "ANOM_ABEND",
}


def audit_rows(lines: pl.DataFrame) -> Batch:
    """A row for each record in these lines (`message`, and the columns of a syslog line), as of `audit.log`.

    The host is the record's node, else the header's. What an event's records know of each other is told within the
    lines that are read at once.
    """
    bare = pl.col("message").str.replace(_PREFIX, "").str.replace(_NUMBERED, "${1} msg=audit(")
    split = split_records(lines.select("offset", "decode_error", "host", bare.alias("text")))
    named = split.with_columns(pl.col("type").replace(_TYPES), pl.coalesce("node", "host").alias("node"))
    open_events: dict[EventKey, AuditEvent] = {}
    done = gathered(named.filter(pl.col("type").is_not_null()), open_events)
    batch = audit_batch([*done, *open_events.items()])
    return Batch(batch.table, batch.rows, batch.rejects, "auditd")
