"""The lines of PAM's modules, which any program may write: who proved who he is, and whose session began or ended."""

from pipelines.sources.saying import Saying

PAM_SAYINGS: tuple[Saying, ...] = (
    # pam_unix(passwd:chauthtok): password changed for alice
    Saying(
        ("pam",), "change_password", "success", r"^pam_\w+\(.*?:chauthtok\): password changed for (?P<target_user>\S+)"
    ),
    # pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root
    Saying(
        ("pam",),
        "authenticate",
        "failure",
        r"^pam_\w+\(.*?:auth\): authentication failure;.*? tty=(?P<tty>\S*) ruser=(?P<ruser>\S*) "
        r"rhost=(?P<source_ip>\S*)(?:\s+user=(?P<user>\S+))?",
    ),
    # pam_faillock(sshd:auth): Consecutive login failures for user alice account temporarily locked
    # pam_succeed_if(gdm-password:auth): requirement "user ingroup nopasswdlogin" not met by user "alice"
    Saying(
        ("pam",),
        "authenticate",
        "failure",
        r"^pam_\w+\(.*?:\w+\): (?P<reason>Consecutive login failures|requirement \".*?\" not met)"
        r" (?:for account |for user |by user )\"?(?P<user>[^\s\"]+)",
    ),
    # pam_sss(sudo:auth): received for user alice: 7 (Authentication failure)
    Saying(
        ("pam",),
        "authenticate",
        "failure",
        r"^pam_\w+\(.*?:auth\): received for user (?P<user>.*): \d+ \((?P<reason>[^)]*)\)$",
    ),
    # pam_unix(sudo:auth): conversation failed | ...: auth could not identify password for [alice]
    Saying(
        ("pam",),
        "authenticate",
        "failure",
        r"^pam_\w+\(.*?:auth\): (?P<reason>conversation failed|check pass; user unknown|"
        r"auth could not identify password)(?: for \[(?P<user>[^\]]*)\])?$",
    ),
    # pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)
    Saying(
        ("pam",),
        "session_start",
        "success",
        r"^pam_\w+\(.*?:session\): session opened for user (?P<user>[^\s(]+)(?:\(uid=\d+\))?"
        r"(?: by (?P<opened_by>[^\s(]+))?",
    ),
    Saying(("pam",), "session_end", "success", r"^pam_\w+\(.*?:session\): session closed for user (?P<user>[^\s(]+)"),
)
