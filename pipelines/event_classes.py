"""The classes of log events that have a table of their own, and the fields that are typed columns there.

A typed column bears the field's name as Sigma's rules and the sensors write it. What a class has no column for goes
into `extra`; `fields` gives both together. A field that is there but empty is told in `extra` too, since an empty
column means that there is none.
"""

from collections.abc import Mapping

# Fields that are called like a column that every event has.
_RENAMED = {"host": "http_host", "severity": "severity_name", "user": "account", "action": "file_action"}

_DNS = (
    *("uid", "proto", "trans_id", "rtt", "query", "qclass", "qclass_name", "qtype", "qtype_name", "rcode"),
    *("rcode_name", "AA", "TC", "RD", "RA", "Z", "answers", "TTLs", "rejected"),
)
_HTTP = (
    *("uid", "trans_depth", "method", "host", "uri", "referrer", "version", "user_agent", "request_body_len"),
    *("response_body_len", "status_code", "status_msg", "resp_mime_types", "c-ip", "cs-username", "cs-host"),
    *("cs-method", "cs-uri", "cs-uri-stem", "cs-uri-query", "cs-version", "sc-status", "sc-bytes", "cs-referer"),
    "cs-user-agent",
)
_TLS = (
    *("uid", "version", "cipher", "curve", "server_name", "resumed", "last_alert", "next_protocol", "established"),
    *("ssl_history", "cert_chain_fps", "client_cert_chain_fps", "sni_matches_cert", "validation_status", "subject"),
    *("issuer", "client_version", "client_ciphers", "client_protocols", "ja3", "ja3s", "ja4"),
)
_ICS = ("uid", "tid", "unit", "unit_id", "func", "pdu_type", "exception", "is_write", "address", "quantity")
_SYSLOG = (
    *("program", "pid", "facility", "severity", "msgid", "user", "invalid_user", "method", "reason", "command", "pwd"),
    *("runas", "ruser", "tty", "session", "opened_by", "operation", "failure", "target_user", "target_group"),
    *("target_uid", "target_gid", "home", "shell", "unit"),
)
_LINUX_AUDIT = (
    *("type", "arch", "syscall", "success", "exit", "ppid", "pid", "auid", "uid", "gid", "euid", "tty", "ses"),
    *("comm", "exe", "subj", "key", "cwd", "name", "proctitle", "cmdline", "op", "acct", "res", "a0", "a1", "a2", "a3"),
    *("ARCH", "SYSCALL", "AUID", "UID", "GID", "EUID"),
)

# Table to its fields, each with the column that holds it.
CLASSES: Mapping[str, Mapping[str, str]] = {
    table: {name: _RENAMED.get(name, name) for name in names}
    for table, names in {
        "dns_queries": _DNS,
        "http_requests": _HTTP,
        "tls_handshakes": _TLS,
        "ics_operations": _ICS,
        "syslog_messages": _SYSLOG,
        "linux_audit_records": _LINUX_AUDIT,
    }.items()
}
