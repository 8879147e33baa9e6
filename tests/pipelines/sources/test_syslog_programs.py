"""What programs of Linux hosts say in syslog: who did what, and whether it worked."""

from typing import Any

import pytest

from pipelines.sources import syslog
from tests.pipelines.sources.rows import event, shown

_BSD = "<38>Mar  1 10:00:00 web-1 "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("groupdel[1]: group 'staff' removed", {"action": "delete_group", "target_group": "staff"}),
        ("useradd[1]: failed adding user 'eve', exit code: 9", {"outcome": "failure", "target_user": "eve"}),
        ("passwd[1]: password for 'alice' changed by 'root'", {"action": "change_password", "user": "root"}),
        (
            "sshd[1]: Connection from 192.0.2.7 port 4 on 198.51.100.2 port 22",
            {"source_ip": "192.0.2.7", "action": "connect"},
        ),
        ("systemd-logind[1]: Removed session 12.", {"action": "session_end", "session": "12"}),
        (
            (
                "gdm-password][99]: pam_unix(gdm-password:auth): authentication failure; logname= uid=0 euid=0 tty=x "
                "ruser= rhost=  user=alice"
            ),
            {"service": "gdm-password", "user": "alice", "outcome": "failure", "pid": "99"},
        ),
        (
            "sshd[1]: [ID 800047 auth.info] Failed password for root from 192.0.2.7 port 4 ssh2",
            {"user": "root", "source_ip": "192.0.2.7", "outcome": "failure"},
        ),
        ("chage[1]: changed password expiry for alice", {"action": "change_user", "target_user": "alice"}),
        (
            "sshd[1]: message repeated 5 times: [ Failed password for root from 192.0.2.7 port 4 ssh2]",
            {"user": "root", "source_ip": "192.0.2.7", "action": "login", "outcome": "failure", "repeated": "5"},
        ),
        (
            "sshd[1]: PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=e",
            {"user": "e", "source_ip": "192.0.2.7", "action": "authenticate", "attempts": "2"},
        ),
        (
            "sshd[1]: Unable to negotiate with 192.0.2.7 port 4: no matching host key type found. Their offer: ssh-dss",
            {"source_ip": "192.0.2.7", "source_port": 4, "outcome": "failure"},
        ),
        ("sshd[1]: Did not receive identification string from 192.0.2.7 port 4", {"source_ip": "192.0.2.7"}),
        ("sshd[1]: fatal: Timeout before authentication for 192.0.2.7 port 4", {"source_ip": "192.0.2.7"}),
        (
            "sshd[1]: Timeout before authentication for connection from 2001:db8::7 to 192.0.2.1, pid = 8",
            {"source_ip": "2001:db8::7", "source_port": 0, "outcome": "failure"},
        ),
        (
            "sshd[1]: drop connection #10 from [2001:db8::7]:4 on [192.0.2.1]:22 past MaxStartups",
            {"source_ip": "2001:db8::7", "source_port": 4, "local_port": "22", "reason": "past MaxStartups"}
            | {"destination_ip": "192.0.2.1", "destination_port": 22},
        ),
        (
            "sshd[1]: Timeout before authentication for connection from 192.0.2.7 to 198.51.100.2, pid = 811",
            {"source_ip": "192.0.2.7", "destination_ip": "198.51.100.2", "outcome": "failure"},
        ),
        (
            "sshd[1]: ssh_dispatch_run_fatal: Connection from 192.0.2.7 port 4: Broken pipe [preauth]",
            {"source_ip": "192.0.2.7", "source_port": 4, "outcome": "failure", "reason": "Broken pipe [preauth]"},
        ),
        (
            "sshd[1]: reverse mapping checking getaddrinfo for a.example.org [192.0.2.7] failed.",
            {"source_ip": "192.0.2.7", "action": "connect"},
        ),
        ("sshd[1]: subsystem request for sftp by user alice", {"user": "alice", "session_type": "sftp"}),
        ("sshd[1]: refused connect from a.example.org (192.0.2.7)", {"source_ip": "192.0.2.7", "outcome": "failure"}),
        ("sftp-server[1]: session opened for local user j from [192.0.2.7]", {"user": "j", "source_ip": "192.0.2.7"}),
        (
            "sshd[1]: pam_faillock(sshd:auth): Consecutive login failures for user jo account temporarily locked",
            {"user": "jo", "outcome": "failure"},
        ),
        (
            "sudo[1]: pam_sss(sudo:auth): received for user jo: 7 (Authentication failure)",
            {"user": "jo", "outcome": "failure", "reason": "Authentication failure"},
        ),
        ("crond[1]: (jo) PAM ERROR (Permission denied)", {"user": "jo", "action": "execute", "outcome": "failure"}),
        (
            "postfix/smtpd[1]: warning: hostname a.example.net does not resolve to address 192.0.2.7: Name unknown",
            {"source_ip": "192.0.2.7", "action": "connect"},
        ),
        ("sudo[1]: pam_unix(sudo:auth): conversation failed", {"user": "", "outcome": "failure"}),
        ("systemd[1]: Started Session 12 of User jo.", {"user": "jo", "action": "session_start", "session": "12"}),
        (
            "postfix/smtpd[1]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFz, sasl_username=jo",
            {"source_ip": "192.0.2.7", "user": "jo", "action": "login", "outcome": "failure", "reason": "UGFz"},
        ),
        (
            "postfix/smtpd[1]: 4F1A22: client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=jo@a",
            {"source_ip": "192.0.2.7", "user": "jo@a", "action": "login", "outcome": "success", "queue_id": "4F1A22"},
        ),
        (
            (
                "postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Relay access denied; "
                "from=<a@a> to=<b@b> proto=ESMTP helo=<h>"
            ),
            {"source_ip": "192.0.2.7", "from": "a@a", "to": "b@b", "outcome": "failure"},
        ),
        (
            (
                "postfix/smtp[1]: 4F1A22: to=<b@b>, relay=mx.example.com[198.51.100.2]:25, delay=1, dsn=2.0.0, "
                "status=sent (250 Ok)"
            ),
            {"destination_ip": "198.51.100.2", "destination_port": 25, "to": "b@b", "outcome": "success"},
        ),
        (
            "postfix/smtp[1]: 4F1A22: to=<b@b>, relay=none, delay=1, dsn=4.4.1, status=deferred (timed out)",
            {"destination_ip": "", "status": "deferred", "outcome": "failure", "reason": "timed out"},
        ),
        (
            "dovecot: auth-worker(8): pam(jo,192.0.2.7,<a>): pam_authenticate() failed: Authentication failure",
            {"user": "jo", "source_ip": "192.0.2.7", "outcome": "failure"},
        ),
        ("dovecot: imap(jo)<8><a>: Disconnected: Logged out in=5 out=9", {"user": "jo", "action": "logout"}),
        (
            "named[1]: client @0x7f 192.0.2.7#4 (example.org): query (cache) 'example.org/A/IN' denied",
            {"source_ip": "192.0.2.7", "query": "example.org", "outcome": "failure"},
        ),
        (
            "fail2ban.actions[1]: NOTICE [sshd] Ban 192.0.2.7",
            {"source_ip": "192.0.2.7", "action": "ban", "jail": "sshd"},
        ),
        ("su: BAD SU alice to root on /dev/pts/0", {"user": "alice", "runas": "root", "outcome": "failure"}),
        ("su: from alice to root at /dev/pts/0", {"user": "alice", "runas": "root", "outcome": "success"}),
        (
            "pkexec[1]: alice: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/id]",
            {"user": "alice", "runas": "root", "command": "/bin/id", "outcome": "success"},
        ),
        (
            (
                "pkexec[1]: alice: Error executing command as another user: Not authorized [USER=root] [TTY=a] [CWD=/] "
                "[COMMAND=/bin/id]"
            ),
            {"user": "alice", "command": "/bin/id", "outcome": "failure"},
        ),
        (
            (
                "polkitd[1]: Operator of unix-session:2 FAILED to authenticate to gain authorization for action "
                "org.example.run for unix-process:8:9 [a] (owned by unix-user:alice)"
            ),
            {"user": "alice", "operation": "org.example.run", "outcome": "failure"},
        ),
        ("atd[1]: Starting job 7 (a0000701bd3f90) for user 'alice' (1001)", {"user": "alice", "action": "execute"}),
        (
            "kernel: [ 8812.1] Out of memory: Killed process 811 (java) total-vm:8kB, UID:1001",
            {"command": "java", "action": "stop", "outcome": "failure"},
        ),
        (
            "sshd[1]: Postponed publickey for alice from 192.0.2.7 port 4 ssh2 [preauth]",
            {"user": "alice", "outcome": "unknown"},
        ),
        (
            "sshd[1]: Starting session: command for git from 192.0.2.7 port 4 id 0",
            {"user": "git", "action": "session_start", "session_type": "command"},
        ),
        (
            "sudo: alice : TTY=pts/0 ; PWD=/ ; GROUP=docker ; ENV=A=b ; COMMAND=/bin/sh",
            {"user": "alice", "rungroup": "docker", "command": "/bin/sh", "outcome": "success", "runas": None},
        ),
        (
            "sudo: alice : TTY=pts/0 ; PWD=/ ; USER=root ; GROUP=wheel ; TSID=00001 ; COMMAND=/bin/sh",
            {"runas": "root", "rungroup": "wheel", "command": "/bin/sh"},
        ),
        ("sudo: alice : TTY=pts/0 ; CHROOT=/srv ; PWD=/ ; USER=root ; COMMAND=/x", {"user": "alice", "pwd": "/"}),
        ("sudo: alice : (command continued) a b", {"user": "alice", "command": "a b", "outcome": "unknown"}),
        ("su[1]: - /dev/pts/1 eve:root", {"user": "eve", "runas": "root", "outcome": "failure"}),
        ("login[1]: FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure", {"user": "root"}),
        ("login[1]: ROOT LOGIN  on '/dev/tty1'", {"action": "login", "outcome": "success", "tty": "/dev/tty1"}),
        (
            "dropbear[1]: Bad password attempt for 'root' from 192.0.2.7:4",
            {"user": "root", "source_ip": "192.0.2.7", "source_port": 4, "outcome": "failure"},
        ),
        (
            "dropbear[1]: Password auth succeeded for 'root' from 192.0.2.7:4",
            {"user": "root", "source_ip": "192.0.2.7", "outcome": "success"},
        ),
        (
            (
                "haproxy[1]: 192.0.2.7:33317 [01/Mar/2026:10:00:00.655] in static/s1 10/0/30/69/109 200 2750 - - ---- "
                '1/1/1/1/0 0/0 {example.org} {} "GET /index.html HTTP/1.1"'
            ),
            {"source_ip": "192.0.2.7", "source_port": 33317, "status": "200", "method": "GET", "uri": "/index.html"},
        ),
        (
            "haproxy[1]: 192.0.2.7:33318 [01/Mar/2026:10:00:00.1] in bck/s1 0/0/5007 212 -- 0/0/0/0/3 0/0",
            {"source_ip": "192.0.2.7", "status": None, "bytes": "212"},
        ),
        ('vsftpd[1]: [alice] FAIL LOGIN: Client "192.0.2.7"', {"user": "alice", "outcome": "failure"}),
        (
            "dovecot: imap-login: Disconnected (auth failed, 1 attempts): user=<jo>, method=PLAIN, rip=192.0.2.7",
            {"user": "jo", "source_ip": "192.0.2.7", "outcome": "failure"},
        ),
        (
            "named[1]: client @0x7f 192.0.2.7#4 (example.org): query: example.org IN A + (192.0.2.1)",
            {"source_ip": "192.0.2.7", "query": "example.org", "qtype_name": "A"},
        ),
    ],
)
def test_more_programs_are_understood(line: str, expected: dict[str, Any]) -> None:
    row = event(syslog, _BSD + line)
    assert shown(row, expected) == expected
