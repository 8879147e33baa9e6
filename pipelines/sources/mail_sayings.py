"""The lines of Postfix and Dovecot that say who logged in, and what mail came from whom and went where."""

from pipelines.sources.saying import Saying

_POSTFIX = ("smtpd", "postscreen")
_DELIVERS = ("smtp", "lmtp", "local", "virtual", "pipe", "error", "discard")
_QUEUED = r"^(?P<queue_id>[0-9A-Za-z]{5,20}): "
_CLIENT = r"(?P<client_name>[^\s\[]*)\[(?P<source_ip>[^\]]+)\](?::\d+)?"

MAIL_SAYINGS: tuple[Saying, ...] = (
    # warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=alice@example.org
    Saying(
        _POSTFIX,
        "login",
        "failure",
        rf"^warning: {_CLIENT}: SASL (?P<method>\S+) authentication failed:? ?(?P<reason>.*?)"
        r"(?:, sasl_username=(?P<user>.*))?$",
    ),
    # 4F1A22: client=mx.example.net[192.0.2.7], sasl_method=PLAIN, sasl_username=alice@example.org
    Saying(
        _POSTFIX,
        "login",
        "success",
        rf"{_QUEUED}client={_CLIENT}, sasl_method=(?P<method>[^,]+), sasl_username=(?P<user>[^,\s]+)",
    ),
    Saying(_POSTFIX, "receive", "success", rf"{_QUEUED}client={_CLIENT}"),
    # NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <b@example.com>: Relay access denied;
    # from=<a@example.net> to=<b@example.com> proto=ESMTP helo=<h>
    Saying(
        _POSTFIX,
        "receive",
        "failure",
        rf"^(?P<queue_id>\w+): reject: (?P<operation>\w+) from {_CLIENT}: (?P<reason>[^;]*)"
        r"(?:;.*? from=<(?P<from>[^>]*)>)?(?:,? to=<(?P<to>[^>]*)>)?",
    ),
    # connect from unknown[192.0.2.7] | lost connection after AUTH from unknown[192.0.2.7]
    Saying(_POSTFIX, "connect", "unknown", rf"^connect from {_CLIENT}"),
    Saying(
        _POSTFIX,
        "disconnect",
        "unknown",
        rf"^(?P<reason>disconnect|(?:lost connection|timeout|too many errors) after \S+(?: \([^)]*\))?) from {_CLIENT}",
    ),
    # warning: hostname mail.example.net does not resolve to address 192.0.2.7
    Saying(
        _POSTFIX,
        "connect",
        "unknown",
        r"^warning: hostname (?P<client_name>\S+) (?P<reason>does not resolve) to address "
        r"(?P<source_ip>[0-9a-fA-F.:]+?)(?::? .*)?$",
    ),
    # 4F1A22: to=<b@example.com>, relay=mx.example.com[198.51.100.2]:25, delay=1.2, ..., dsn=2.0.0, status=sent (250 Ok)
    Saying(
        _DELIVERS,
        "send",
        "",
        rf"{_QUEUED}to=<(?P<to>[^>]*)>,(?: orig_to=<[^>]*>,)? relay=(?P<server>[^\s,\[]*)"
        r"(?:\[(?P<destination_ip>[^\]]+)\](?::(?P<destination_port>\d+))?)?, .*?"
        r"status=(?P<status>sent|deliverable|(?P<failure>\w+))(?: \((?P<reason>.*)\))?$",
    ),
    # 4F1A22: from=<a@example.org>, size=1234, nrcpt=1 (queue active)
    Saying(("qmgr",), "send", "unknown", rf"{_QUEUED}from=<(?P<from>[^>]*)>, size=(?P<size>\d+)"),
    # imap-login: Disconnected (auth failed, 1 attempts): user=<alice>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.2
    Saying(
        ("dovecot",),
        "login",
        "failure",
        r"^\S+-login: .*?\((?P<reason>auth failed[^)]*)\): user=<(?P<user>[^>]*)>,(?: method=(?P<method>[^,]*),)? "
        r"rip=(?P<source_ip>[^,\s]+)(?:, lip=(?P<local_ip>[^,\s]+))?",
    ),
    Saying(
        ("dovecot",),
        "login",
        "success",
        r"^\S+-login: Login: user=<(?P<user>[^>]*)>, method=(?P<method>[^,]*), rip=(?P<source_ip>[^,\s]+)"
        r"(?:, lip=(?P<local_ip>[^,\s]+))?",
    ),
    # auth-worker(811): pam(alice,192.0.2.7,<session>): pam_authenticate() failed: Authentication failure
    Saying(
        ("dovecot",),
        "authenticate",
        "failure",
        r"^auth(?:-worker)?(?:\(\d+\))?: .*?\b(?P<method>\w[\w-]*)\((?P<user>[^,()]*),(?P<source_ip>[0-9a-fA-F.:]+)"
        r"(?:,[^)]*)?\): (?P<reason>.*(?:failed|mismatch|unknown user).*)$",
    ),
    # imap(alice)<811><session>: Disconnected: Logged out in=50 out=900
    Saying(
        ("dovecot",),
        "logout",
        "unknown",
        r"^(?:imap|pop3|submission|managesieve)\((?P<user>[^)]+)\)(?:<[^>]*>)*: "
        r"(?P<reason>(?:Disconnected|Connection closed|Logged out).*)$",
    ),
)
