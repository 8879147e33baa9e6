"""The lines of network services that say who came from where, and whether it worked."""

from pipelines.sources.saying import Saying

SERVICE_SAYINGS: tuple[Saying, ...] = (
    # FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure
    # FAILED LOGIN 1 FROM 192.0.2.7 FOR root, Authentication failure
    Saying(
        ("login",),
        "login",
        "failure",
        r"^FAILED LOGIN (?:SESSION )?\(?\d*\)? ?(?:on '(?P<tty>[^']*)' )?(?:(?i:from) '?(?P<source_ip>[^\s']+)'? )?"
        r"FOR '?(?P<user>[^',]*)'?, (?P<reason>.*)$",
    ),
    # ROOT LOGIN on '/dev/tty1' | LOGIN ON tty1 BY alice
    Saying(("login",), "login", "success", r"^(?i:ROOT LOGIN) +(?:on|ON) '?(?P<tty>[^\s']+)'?"),
    Saying(("login",), "login", "success", r"^LOGIN ON (?P<tty>\S+) BY (?P<user>\S+)"),
    # 192.0.2.7:33317 [01/Mar/2026:10:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750 ... "GET / HTTP/1.1"
    Saying(
        ("haproxy",),
        "request",
        "unknown",
        r"^(?P<source_ip>[0-9a-fA-F.:]+):(?P<source_port>\d+) \[[^\]]+\] (?P<frontend>\S+) (?P<backend>\S+) "
        r"[-+\d/]+ (?:(?P<status>\d{3}|-1) )?\+?(?P<bytes>\d+) .*?"
        r"(?:\"(?P<method>[A-Z]+) (?P<uri>\S+)(?: HTTP/[\d.]+)?\"?)?$",
    ),
    # Connect from 192.0.2.7:33317 to 198.51.100.2:80 (http/HTTP)
    Saying(
        ("haproxy",),
        "connect",
        "unknown",
        r"^Connect from (?P<source_ip>\S+):(?P<source_port>\d+) to (?P<local_ip>\S+):(?P<local_port>\d+) "
        r"\((?P<frontend>[^/)]*)",
    ),
    # [anonymous] FAIL LOGIN: Client "192.0.2.7" | [pid 2] [alice] OK LOGIN: Client "192.0.2.7"
    Saying(
        ("vsftpd",),
        "login",
        "",
        r"^(?:\[pid \d+\] )?\[(?P<user>[^\]]*)\] (?:OK|(?P<failure>FAIL)) LOGIN: Client \"(?P<source_ip>[^\"]*)\"",
    ),
    # client @0x7f 192.0.2.7#4000 (example.org): query: example.org IN A + (198.51.100.2)
    Saying(
        ("named",),
        "query",
        "unknown",
        r"^(?:queries: )?(?:info: )?client (?:@\S+ )?(?P<source_ip>[0-9a-fA-F.:]+)#(?P<source_port>\d+)"
        r"(?: \([^)]*\))?:(?: view \S+:)? query: (?P<query>\S+) IN (?P<qtype_name>\S+)",
    ),
    # client @0x7f 192.0.2.7#4000 (example.org): query (cache) 'example.org/A/IN' denied | zone transfer '...' denied
    Saying(
        ("named",),
        "query",
        "failure",
        r"^(?:security: )?(?:\w+: )?client (?:@\S+ )?(?P<source_ip>[0-9a-fA-F.:]+)#(?P<source_port>\d+)"
        r"(?: \([^)]*\))?:(?: view \S+:)? (?P<operation>query|update|zone transfer)(?: \(\w+\))? "
        r"'(?P<query>[^'/]*)(?:/(?P<qtype_name>\w+))?(?:/\w+)?' (?P<reason>denied)",
    ),
    # NOTICE [sshd] Ban 192.0.2.7 | NOTICE  [sshd] Unban 192.0.2.7
    Saying(
        ("fail2ban.actions", "fail2ban"),
        "ban",
        "success",
        r"^(?:fail2ban\.actions.*?: )?NOTICE +\[(?P<jail>[^\]]+)\] (?:Restore )?Ban (?P<source_ip>\S+)$",
    ),
    Saying(
        ("fail2ban.actions", "fail2ban"),
        "unban",
        "success",
        r"^(?:fail2ban\.actions.*?: )?NOTICE +\[(?P<jail>[^\]]+)\] Unban (?P<source_ip>\S+)$",
    ),
)
