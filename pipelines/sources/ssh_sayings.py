"""The lines of sshd and Dropbear that say who came from where, and whether they got in."""

from pipelines.sources.saying import Saying

# The user of an SSH line is the attacker's to choose, even " from 192.0.2.1 port 22": it reaches to the last `from`.
_FROM = r"from (?P<source_ip>\S+) port (?P<source_port>\d+)"
_SSHD = ("sshd",)

SSH_SAYINGS: tuple[Saying, ...] = (
    # Failed password for invalid user admin from 192.0.2.7 port 40022 ssh2
    Saying(
        _SSHD,
        "login",
        "failure",
        rf"^Failed (?P<method>\S+) for (?:(?P<invalid_user>invalid|illegal) user )?(?P<user>.*) {_FROM}",
    ),
    # Accepted publickey for alice from 192.0.2.7 port 40022 ssh2: ED25519 SHA256:...
    Saying(_SSHD, "login", "success", rf"^Accepted (?P<method>\S+) for (?P<user>.*) {_FROM}"),
    # Invalid user admin from 192.0.2.7 port 40022
    Saying(
        _SSHD,
        "login",
        "failure",
        r"^(?P<invalid_user>Invalid|Illegal) user (?P<user>.*) from (?P<source_ip>\S+)(?: port (?P<source_port>\d+))?$",
    ),
    # error: maximum authentication attempts exceeded for root from 192.0.2.7 port 40022 ssh2 [preauth]
    Saying(
        _SSHD,
        "login",
        "failure",
        r"^(?:error: )?maximum authentication attempts exceeded for (?:(?P<invalid_user>invalid) user )?(?P<user>.*) "
        + _FROM,
    ),
    # User root from 192.0.2.7 not allowed because not listed in AllowUsers
    Saying(
        _SSHD,
        "login",
        "failure",
        r"^User (?P<user>.*) from (?P<source_ip>\S+) not allowed because (?P<reason>.*)$",
    ),
    # error: PAM: Authentication failure for root from 192.0.2.7
    Saying(
        _SSHD,
        "login",
        "failure",
        r"^error: PAM: (?P<reason>.*) for (?:illegal user )?(?P<user>.*) from (?P<source_ip>\S+)$",
    ),
    # Authentication refused: bad ownership or modes for directory /home/alice/.ssh
    Saying(_SSHD, "login", "failure", r"^Authentication refused: (?P<reason>.*)$"),
    # Bad protocol version identification 'GET / HTTP/1.1' from 192.0.2.7 port 40022
    Saying(
        _SSHD,
        "connect",
        "failure",
        r"^(?:error: )?(?:kex_exchange_identification: )?(?P<reason>Bad protocol version identification|"
        r"banner exchange: Connection)(?: '(?P<said>.*)')? from (?P<source_ip>\S+) port (?P<source_port>\d+)",
    ),
    # Unable to negotiate with 192.0.2.7 port 40022: no matching key exchange method found. Their offer: ... [preauth]
    Saying(
        _SSHD,
        "connect",
        "failure",
        r"^Unable to negotiate with (?P<source_ip>\S+) port (?P<source_port>\d+): (?P<reason>.*)$",
    ),
    # Did not receive identification string from 192.0.2.7 port 40022
    Saying(
        _SSHD,
        "connect",
        "failure",
        r"^Did not receive identification string from (?P<source_ip>\S+)(?: port (?P<source_port>\d+))?$",
    ),
    # ROOT LOGIN REFUSED FROM 192.0.2.7 port 40022
    Saying(
        _SSHD,
        "login",
        "failure",
        r"^ROOT LOGIN REFUSED FROM (?P<source_ip>\S+)(?: port (?P<source_port>\d+))?",
    ),
    # Postponed publickey for alice from 192.0.2.7 port 40022 ssh2 [preauth]
    Saying(_SSHD, "login", "unknown", rf"^Postponed (?P<method>\S+) for (?:invalid user )?(?P<user>.*) {_FROM}"),
    # Starting session: command for alice from 192.0.2.7 port 40022 id 0
    Saying(
        _SSHD,
        "session_start",
        "success",
        rf"^Starting session: (?P<session_type>shell|command|subsystem '[^']*'|forced-command .*)(?: on \S+)? "
        rf"for (?P<user>\S+) {_FROM}",
    ),
    # PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root
    Saying(
        _SSHD,
        "authenticate",
        "failure",
        r"^PAM (?P<attempts>\d+) more authentication failures?;.*? tty=(?P<tty>\S*) ruser=(?P<ruser>\S*) "
        r"rhost=(?P<source_ip>\S*)(?:\s+user=(?P<user>\S+))?",
    ),
    # Connection from 192.0.2.7 port 40022 on 198.51.100.2 port 22
    Saying(
        _SSHD,
        "connect",
        "unknown",
        r"^Connection from (?P<source_ip>\S+) port (?P<source_port>\d+)"
        r"(?: on (?P<local_ip>\S+) port (?P<local_port>\d+))?",
    ),
    # Disconnected from authenticating user root 192.0.2.7 port 40022 [preauth]
    Saying(
        _SSHD,
        "logout",
        "unknown",
        r"^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting)(?: authenticating| invalid)?"
        r"(?: user (?P<user>.*))? (?P<source_ip>[0-9a-fA-F.:]+) port (?P<source_port>\d+)",
    ),
    # Received disconnect from 192.0.2.7 port 40022:11: Bye Bye [preauth]
    Saying(
        _SSHD,
        "logout",
        "unknown",
        r"^Received disconnect from (?P<source_ip>[0-9a-fA-F.:]+?):? port (?P<source_port>\d+)",
    ),
    # fatal: Timeout before authentication for 192.0.2.7 port 40022
    # Timeout before authentication for connection from 192.0.2.7 to 198.51.100.2, pid = 811
    Saying(
        _SSHD,
        "login",
        "failure",
        r"^(?:fatal: )?(?P<reason>Timeout before authentication) for (?:connection from )?(?P<source_ip>[0-9a-fA-F.:]+)"
        r"(?: port (?P<source_port>\d+))?(?: to (?P<local_ip>[0-9a-fA-F.:]+))?",
    ),
    # ssh_dispatch_run_fatal: Connection from 192.0.2.7 port 40022: message authentication code incorrect [preauth]
    Saying(
        _SSHD,
        "connect",
        "failure",
        r"^ssh_dispatch_run_fatal: Connection from (?:(?:authenticating|invalid) user (?P<user>.*) |user \S* )?"
        r"(?P<source_ip>\S+) port (?P<source_port>\d+): (?P<reason>.*)$",
    ),
    # drop connection #10 from [192.0.2.7]:40022 on [198.51.100.2]:22 past MaxStartups
    Saying(
        _SSHD,
        "connect",
        "failure",
        r"^(?:error: )?(?:beginning MaxStartups throttling|drop connection #\d+) from "
        r"\[(?P<source_ip>[^\]]+)\]:(?P<source_port>\d+) on \[(?P<local_ip>[^\]]+)\]:(?P<local_port>\d+) "
        r"(?P<reason>.*)$",
    ),
    # reverse mapping checking getaddrinfo for mail.example.org [192.0.2.7] failed.
    Saying(
        _SSHD,
        "connect",
        "unknown",
        r"^reverse mapping checking getaddrinfo for (?P<client_name>\S+) \[(?P<source_ip>[^\]]+)\] failed",
    ),
    # Address 192.0.2.7 maps to mail.example.org, but this does not map back to the address.
    Saying(_SSHD, "connect", "unknown", r"^Address (?P<source_ip>\S+) maps to (?P<client_name>\S+), but this"),
    # refused connect from mail.example.org (192.0.2.7), as TCP wrappers write it
    Saying(
        ("sshd", "vsftpd", "sendmail", "in.telnetd"),
        "connect",
        "failure",
        r"^refused connect from (?P<client_name>\S+)(?: \((?P<source_ip>[^)]+)\))?$",
    ),
    # subsystem request for sftp by user alice
    Saying(
        _SSHD,
        "session_start",
        "success",
        r"^subsystem request for (?P<session_type>\S+)(?: by user (?P<user>\S+?))?(?:,? failed.*)?$",
    ),
    # session opened for local user alice from [192.0.2.7]
    Saying(
        ("sftp-server", "internal-sftp"),
        "session_start",
        "success",
        r"^session opened for local user (?P<user>.*) from \[(?P<source_ip>[^\]]+)\]$",
    ),
    Saying(
        ("sftp-server", "internal-sftp"),
        "session_end",
        "success",
        r"^session closed for local user (?P<user>.*) from \[(?P<source_ip>[^\]]+)\]$",
    ),
    # Bad password attempt for 'root' from 192.0.2.7:40022 | Login attempt for nonexistent user from 192.0.2.7:40022
    Saying(
        ("dropbear",),
        "login",
        "failure",
        r"^(?:Bad (?P<method>\S+) attempt for '(?P<user>.*)'|Login attempt for nonexistent user(?: '.*')?|"
        r"Exit before auth) from <?(?P<source_ip>\S+?):(?P<source_port>\d+)>?",
    ),
    # Password auth succeeded for 'root' from 192.0.2.7:40022
    Saying(
        ("dropbear",),
        "login",
        "success",
        r"^(?P<method>Password|Pubkey) auth succeeded for '(?P<user>.*)' (?:with .* )?from "
        r"(?P<source_ip>\S+):(?P<source_port>\d+)$",
    ),
)
