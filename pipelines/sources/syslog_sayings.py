"""The lines of a Linux host's programs that say who did what from where, and whether it worked."""

from pipelines.sources.mail_sayings import MAIL_SAYINGS
from pipelines.sources.pam_sayings import PAM_SAYINGS
from pipelines.sources.saying import Saying
from pipelines.sources.service_sayings import SERVICE_SAYINGS
from pipelines.sources.ssh_sayings import SSH_SAYINGS

_ACCOUNTS = ("useradd", "usermod", "gpasswd", "groupmems", "adduser")

SAYINGS: tuple[Saying, ...] = (
    *SSH_SAYINGS,
    *SERVICE_SAYINGS,
    *MAIL_SAYINGS,
    *PAM_SAYINGS,
    # alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh
    Saying(
        ("sudo",),
        "execute",
        "",
        r"^\s*(?P<user>\S+) : (?:(?P<failure>[^=]*?) ; )?(?:HOST=.*? ; )?TTY=(?P<tty>.*?) ; (?:CHROOT=.*? ; )?"
        r"PWD=(?P<pwd>.*?) ; (?:USER=(?P<runas>.*?) ;)?(?: ?GROUP=(?P<rungroup>.*?) ;)?(?: ?[A-Z]+=.*? ;)*? "
        r"COMMAND=(?P<command>.*)$",
    ),
    # alice : (command continued) /etc/hosts
    Saying(("sudo",), "execute", "unknown", r"^\s*(?P<user>\S+) : \(command continued\) (?P<command>.*)$"),
    # root : unable to resolve host web-1
    Saying(("sudo",), "execute", "unknown", r"^\s*(?P<user>\S+) : (?P<reason>unable to [^;]*)$"),
    # FAILED SU (to root) alice on pts/0 | (to root) alice on pts/0
    Saying(
        ("su",),
        "switch_user",
        "",
        r"^(?P<failure>FAILED SU )?\(to (?P<runas>\S+)\) (?P<user>\S+) on (?P<tty>\S+)$",
    ),
    # Successful su for root by alice | FAILED su for root by alice
    Saying(
        ("su",),
        "switch_user",
        "",
        r"^(?:Successful|(?P<failure>FAILED)) su for (?P<runas>\S+) by (?P<user>\S+)$",
    ),
    # 'su root' failed for alice on /dev/pts/0
    Saying(
        ("su",),
        "switch_user",
        "",
        r"^'su (?P<runas>\S+)' (?:succeeded|(?P<failure>failed)) for (?P<user>\S+) on (?P<tty>\S+)$",
    ),
    # - /dev/pts/1 alice:root | + /dev/pts/1 alice:root, as the su of shadow writes it
    Saying(
        ("su",),
        "switch_user",
        "",
        r"^(?:\+|(?P<failure>-)) (?P<tty>\S+) (?P<user>[^\s:]+)[:-](?P<runas>\S+)$",
    ),
    # BAD SU alice to root on /dev/pts/0, on BSD | BAD SU from alice to root at /dev/pts/0, on AIX
    Saying(
        ("su",),
        "switch_user",
        "",
        r"^(?P<failure>BAD SU )?(?:from )?(?P<user>\S+) to (?P<runas>\S+) (?:on|at) (?P<tty>\S+)$",
    ),
    # alice: Executing command [USER=root] [TTY=unknown] [CWD=/home/alice] [COMMAND=/usr/sbin/gparted]
    # alice: Error executing command as another user: Not authorized [USER=root] [TTY=/dev/pts/0] ...
    Saying(
        ("pkexec",),
        "execute",
        "",
        r"^(?P<user>\S+): (?:Executing command|(?P<failure>Error executing command as another user: [^\[]*?)) "
        r"\[USER=(?P<runas>[^\]]*)\] \[TTY=(?P<tty>[^\]]*)\] \[CWD=(?P<pwd>[^\]]*)\] \[COMMAND=(?P<command>.*)\]$",
    ),
    # Operator of unix-session:2 FAILED to authenticate to gain authorization for action org.freedesktop.policykit.exec
    # for unix-process:811:9 [pkexec id] (owned by unix-user:alice)
    Saying(
        ("polkitd",),
        "authenticate",
        "",
        r"^Operator of \S+ (?:(?P<failure>FAILED) to authenticate|successfully authenticated as unix-user:"
        r"(?P<runas>\S+)) to gain .*?authorization for action (?P<operation>\S+) "
        r".*\(owned by unix-user:(?P<user>[^)]+)\)$",
    ),
    # Starting job 7 (a0000701bd3f90) for user 'alice' (1001)
    Saying(("atd",), "execute", "success", r"^Starting job \d+ \(\w+\) for user '(?P<user>[^']*)'"),
    # (root) CMD (/usr/local/bin/backup)
    Saying(("cron",), "execute", "success", r"^\((?P<user>[^)]*)\) CMD \((?P<command>.*)\)$"),
    # (alice) PAM ERROR (Permission denied)
    Saying(("cron",), "execute", "failure", r"^\((?P<user>[^)]*)\) (?P<reason>(?:PAM|AUTH) ERROR|FAILED) \(.*\)$"),
    # (alice) REPLACE (alice)
    Saying(
        ("cron", "crontab"),
        "schedule",
        "success",
        r"^\((?P<user>[^)]*)\) (?P<operation>BEGIN EDIT|END EDIT|REPLACE|DELETE|LIST|RELOAD) \((?P<target_user>.*)\)$",
    ),
    # new user: name=alice, UID=1001, GID=1001, home=/home/alice, shell=/bin/bash, from=/dev/pts/0
    Saying(
        _ACCOUNTS,
        "create_user",
        "success",
        r"^new user: name=(?P<target_user>[^,]+), UID=(?P<target_uid>\d+), GID=(?P<target_gid>\d+)"
        r"(?:, home=(?P<home>[^,]*))?(?:, shell=(?P<shell>[^,]*))?",
    ),
    # new group: name=alice, GID=1001
    Saying(
        (*_ACCOUNTS, "groupadd"),
        "create_group",
        "success",
        r"^(?:new group|group added to \S+): name=(?P<target_group>[^,]+)(?:, GID=(?P<target_gid>\d+))?",
    ),
    # group 'staff' removed from /etc/group
    Saying(
        ("groupdel", "userdel"),
        "delete_group",
        "success",
        r"^(?:removed )?group '(?P<target_group>[^']*)' (?:removed|owned by)",
    ),
    # failed adding user 'alice', exit code: 9
    Saying(
        (*_ACCOUNTS, "groupadd", "userdel", "groupdel"),
        "change_user",
        "failure",
        r"^failed \w+ (?:user|group) '(?P<target_user>[^']*)'(?:, (?P<reason>.*))?$",
    ),
    # add 'alice' to group 'sudo'
    Saying(
        _ACCOUNTS,
        "change_user",
        "success",
        r"^add '(?P<target_user>[^']*)' to (?:shadow )?group '(?P<target_group>[^']*)'",
    ),
    # user alice added by root to group sudo
    Saying(
        _ACCOUNTS,
        "change_user",
        "success",
        r"^user (?P<target_user>\S+) added by (?P<user>\S+) to group (?P<target_group>\S+)$",
    ),
    # password for 'alice' changed by 'root'
    Saying(
        ("passwd", "chpasswd", "usermod"),
        "change_password",
        "success",
        r"^password for '(?P<target_user>[^']*)' changed(?: by '(?P<user>[^']*)')?",
    ),
    # changed password expiry for alice
    Saying(
        ("chage",),
        "change_user",
        "success",
        r"^changed (?:password expiry|user info) for '?(?P<target_user>[^\s']+)",
    ),
    # change user 'alice' shell from '/bin/sh' to '/bin/bash'
    Saying(_ACCOUNTS, "change_user", "success", r"^(?:change|lock|unlock) user '(?P<target_user>[^']*)'"),
    # delete user 'alice'
    Saying(("userdel",), "delete_user", "success", r"^delete user '(?P<target_user>[^']*)'"),
    # New session 12 of user alice.
    Saying(
        ("systemd-logind",), "session_start", "success", r"^New session (?P<session>\S+) of user (?P<user>\S+?)\.?$"
    ),
    # Started Session 12 of User alice. | Started session-12.scope - Session 12 of User alice.
    Saying(
        ("systemd",),
        "session_start",
        "success",
        r"^Started (?:\S+\.scope - )?[Ss]ession (?P<session>\S+) of [Uu]ser (?P<user>\S+?)\.?$",
    ),
    # Started nginx.service - A high performance web server.
    Saying(("systemd",), "start", "success", r"^(?:Started|Finished|Reloaded) (?P<unit>.*?)\.?$"),
    Saying(("systemd",), "start", "failure", r"^Failed to start (?P<unit>.*?)\.?$"),
    # Session 12 logged out. Waiting for processes to exit. | Removed session 12.
    Saying(
        ("systemd-logind",),
        "session_end",
        "success",
        r"^(?:Removed session|Session) (?P<session>\w+)(?: logged out)?\.",
    ),
    # nginx.service: A process of this unit has been killed by the OOM killer.
    Saying(
        ("systemd",),
        "stop",
        "failure",
        r"^(?P<unit>\S+): (?P<reason>A process of this unit has been killed by .*?)\.?$",
    ),
    # Out of memory: Killed process 811 (java) total-vm:8123456kB, ... UID:1001 ...
    Saying(
        ("kernel",),
        "stop",
        "failure",
        r"^(?:\[ *\d+\.\d+\] ?)?(?P<reason>(?:Memory cgroup out|Out) of memory): Kill(?:ed)? process \d+ "
        r"\((?P<command>[^)]*)\)",
    ),
    Saying(("systemd",), "stop", "success", r"^Stopped (?P<unit>.*?)\.?$"),
    Saying(("systemd",), "stop", "failure", r"^(?P<unit>\S+): (?:Main process exited|Failed with result)"),
)
