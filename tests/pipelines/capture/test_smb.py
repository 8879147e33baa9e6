import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture import smb1, smb2
from pipelines.capture.ntlm import find_logon
from tests.pipelines.capture.frames import pcap_file, read_capture, storable, talk

_REQUEST, _ANSWER = False, True


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def _framed(message: bytes) -> bytes:
    return struct.pack("!I", len(message)) + message


def _second(
    command: int,
    body: bytes,
    *,
    message: int = 1,
    answers: bool = False,
    status: int = 0,
    tree: int = 5,
    following: int = 0,
) -> bytes:
    """A command of SMB 2."""
    head = struct.pack(
        "<4sHHIHHIIQIIQ", b"\xfeSMB", 64, 0, status, command, 1, int(answers), following, message, 0, tree, 77
    )
    return head + bytes(16) + body


def _logon(user: str = "operator", domain: str = "CITY", workstation: str = "DESK-7") -> bytes:
    texts, fields, place = b"", [], 72
    for text in ("", "", domain, user, workstation, ""):
        content = _wide(text)
        fields.append(struct.pack("<HHI", len(content), len(content), place + len(texts)))
        texts += content
    return b"NTLMSSP\0" + struct.pack("<I", 3) + b"".join(fields) + struct.pack("<I", 1) + bytes(8) + texts


def _tree(path: str) -> bytes:
    return struct.pack("<HHHH", 9, 0, 72, len(_wide(path))) + _wide(path)


def _create(name: str, *, disposition: int = 1, options: int = 0) -> bytes:
    fixed = bytearray(56)
    struct.pack_into("<II", fixed, 36, disposition, options)
    struct.pack_into("<HH", fixed, 44, 64 + 56, len(_wide(name)))
    return bytes(fixed) + _wide(name)


def _created(file: bytes = b"F" * 16, size: int = 9) -> bytes:
    return bytes(48) + struct.pack("<QQ", size, 0) + file + bytes(8)


def _change(kind: int, content: bytes, file: bytes = b"F" * 16) -> bytes:
    return struct.pack("<HBBIHHI", 33, 1, kind, len(content), 96, 0, 0) + file + content


def _renamed(name: str) -> bytes:
    return bytes(16) + struct.pack("<I", len(_wide(name))) + _wide(name)


def _negotiate(*dialects: int) -> bytes:
    return struct.pack("<HH", 36, len(dialects)) + bytes(32) + struct.pack(f"<{len(dialects)}H", *dialects)


def _events(*messages: tuple[bool, bytes], to: int = 445) -> list[dict[str, str]]:
    events = read_capture(
        pcap_file(talk(*((not by_server, _framed(text)) for by_server, text in messages), to=to))
    ).events
    return [
        event["fields"] | {"service": event["service"], "outcome": event["outcome"], "did": event["action"]}
        for event in events
    ]


_MAPPED = [
    (_REQUEST, _second(smb2.TREE_CONNECT, _tree(r"\\files\C$"), message=2, tree=0)),
    (_ANSWER, _second(smb2.TREE_CONNECT, struct.pack("<HB", 16, 1) + bytes(13), message=2, answers=True)),
]


def test_a_dialect_is_agreed() -> None:
    chosen = _second(0, struct.pack("<HHHH", 65, 0, 0x0311, 0), answers=True)
    (event,) = _events((_REQUEST, _second(0, _negotiate(0x0202, 0x0311))), (_ANSWER, chosen))
    assert (event["client_dialects"], event["version"], event["service"]) == ("2.0.2,3.1.1", "3.1.1", "smb_cmd")


@pytest.mark.parametrize(
    ("status", "outcome", "success"), [(0, "success", "true"), (0xC000_006D, "failure", "false")], ids=["let in", "not"]
)
def test_a_logon_names_the_user_and_never_what_proves_it(status: int, outcome: str, success: str) -> None:
    said = [
        (_REQUEST, _second(1, b"\x60\x48" + _logon())),
        (_ANSWER, _second(1, bytes(8), answers=True, status=status)),
    ]
    found = read_capture(pcap_file(talk(*((not by_server, _framed(text)) for by_server, text in said), to=445)))
    (event,) = found.events
    fields = event["fields"]
    assert (fields["username"], fields["domainname"], fields["hostname"]) == ("operator", "CITY", "DESK-7")
    assert (event["service"], event["user"], event["outcome"], fields["success"]) == (
        "ntlm",
        "operator",
        outcome,
        success,
    )
    assert event["category"] == "smb"
    assert [flow["application"] for flow in found.flows] == ["smb"]


def test_a_share_gives_the_files_opened_on_it_their_path() -> None:
    opened = [
        (_REQUEST, _second(smb2.CREATE, _create(r"Windows\工资.xlsx"), message=3)),
        (_ANSWER, _second(smb2.CREATE, _created(), message=3, answers=True)),
    ]
    share, file = _events(*_MAPPED, *opened)
    assert (share["service"], share["path"], share["share_type"]) == ("smb_mapping", r"\\files\C$", "DISK")
    assert (file["service"], file["action"], file["did"]) == ("smb_files", "SMB::FILE_OPEN", "open")
    assert (file["name"], file["path"], file["size"]) == (r"Windows\工资.xlsx", r"\\files\C$", "9")


@pytest.mark.parametrize(
    ("disposition", "options", "did"),
    [(1, 0, "open"), (3, 0, "open"), (0, 0, "write"), (2, 0, "write"), (5, 0, "write"), (1, 0x1000, "write")],
    ids=["open", "open or create", "replace", "create", "empty", "delete when closed"],
)
def test_what_makes_empties_or_deletes_a_file_writes(disposition: int, options: int, did: str) -> None:
    (event,) = _events((_REQUEST, _second(smb2.CREATE, _create("a", disposition=disposition, options=options))))
    assert (event["did"], event["outcome"]) == (did, "unknown")


def test_changes_of_a_file_are_told_by_its_name() -> None:
    said = [
        *_MAPPED,
        (_REQUEST, _second(smb2.CREATE, _create("old.txt"), message=3)),
        (_ANSWER, _second(smb2.CREATE, _created(), message=3, answers=True)),
        (_REQUEST, _second(smb2.SET_INFO, _change(10, _renamed("new.txt")), message=4)),
        (_ANSWER, _second(smb2.SET_INFO, bytes(2), message=4, answers=True)),
        (_REQUEST, _second(smb2.SET_INFO, _change(13, b"\x01"), message=5)),
        (_ANSWER, _second(smb2.SET_INFO, bytes(2), message=5, answers=True, status=0xC000_0022)),
        (_REQUEST, _second(smb2.SET_INFO, _change(4, bytes(40)), message=6)),
    ]
    renamed, deleted = _events(*said)[2:]
    assert (renamed["action"], renamed["name"], renamed["prev_name"]) == ("SMB::FILE_RENAME", "new.txt", "old.txt")
    assert (deleted["action"], deleted["name"], deleted["outcome"]) == ("SMB::FILE_DELETE", "old.txt", "failure")


def test_an_answer_that_is_still_to_come_does_not_count() -> None:
    said = [
        (_REQUEST, _second(smb2.CREATE, _create("a"))),
        (_ANSWER, _second(smb2.CREATE, bytes(9), answers=True, status=0x103)),
        (_ANSWER, _second(smb2.CREATE, _created(), answers=True)),
    ]
    assert [event["outcome"] for event in _events(*said)] == ["success"]


def test_commands_that_lie_in_one_message_are_all_read() -> None:
    first = _second(smb2.CREATE, _create("a").ljust(64, b"\0"), following=128)
    second = _second(smb2.SET_INFO, _change(13, b"\x01"), message=2)
    assert [event["action"] for event in _events((_REQUEST, first + second))] == ["SMB::FILE_OPEN", "SMB::FILE_DELETE"]


def test_what_is_written_into_files_is_passed_over() -> None:
    write = _second(9, bytes(3000))
    (event,) = _events((_REQUEST, write), (_REQUEST, _second(smb2.CREATE, _create("a"))), (_REQUEST, write))
    assert event["name"] == "a"


def _first(command: int, words: bytes, data: bytes, *, answers: bool = False, tree: int = 3, status: int = 0) -> bytes:
    """A command of SMB 1 with wide texts."""
    flags = struct.pack("<IBH", status, 0x80 if answers else 0, 0x8000)
    head = b"\xffSMB" + bytes([command]) + flags + bytes(12) + struct.pack("<4H", tree, 1, 2, 3)
    return head + bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data


_LAST = b"\xff\0\0\0"


def test_a_message_behind_a_transfer_in_its_segment_is_read() -> None:
    read = _framed(_second(8, bytes(500), message=8, answers=True))
    opened = _framed(_second(smb2.CREATE, _created(), message=9, answers=True))
    asked = _framed(_second(smb2.CREATE, _create("plan.txt"), message=9))
    (event,) = read_capture(pcap_file(talk((True, asked), (False, read + opened), to=445))).events
    assert (event["fields"]["name"], event["outcome"]) == ("plan.txt", "success")


def test_the_old_dialects_tell_the_same() -> None:
    offer = b"\x02NT LM 0.12\0\x02SMB 2.002\0"
    create = bytearray(48)
    create[:4] = _LAST
    struct.pack_into("<I", create, 35, 2)
    said = [
        (_REQUEST, _first(smb1.NEGOTIATE, b"", offer)),
        (_ANSWER, _first(smb1.NEGOTIATE, b"\0\0", b"", answers=True)),
        (_REQUEST, _first(smb1.SESSION_SETUP, _LAST + bytes(20), _logon())),
        (_ANSWER, _first(smb1.SESSION_SETUP, b"", b"", answers=True, status=0xC000_006D)),
        (_REQUEST, _first(smb1.TREE_CONNECT, _LAST + b"\0\0\x01\0", b"\0" + _wide("\\\\files\\PUBLIC") + b"\0\0A:\0")),
        (_ANSWER, _first(smb1.TREE_CONNECT, b"", b"", answers=True, tree=3)),
        (_REQUEST, _first(smb1.CREATE, bytes(create), b"\0" + _wide("\\a.txt") + b"\0\0")),
        (_ANSWER, _first(smb1.CREATE, b"", b"", answers=True)),
        (_REQUEST, _first(smb1.RENAME, b"\x06\0", b"\x04" + _wide("a") + b"\0\0\x04\0" + _wide("b") + b"\0\0")),
        (_REQUEST, _first(smb1.DELETE, b"\x06\0", b"\x04" + _wide("b") + b"\0\0")),
    ]
    dialect, logon, share, made, renamed, deleted = _events(*said)
    assert dialect["version"] == "NT LM 0.12"
    assert (logon["username"], logon["outcome"]) == ("operator", "failure")
    assert (share["path"], share["service"]) == (r"\\files\PUBLIC", "smb_mapping")
    assert (made["name"], made["path"], made["did"], made["outcome"]) == (
        r"\a.txt",
        r"\\files\PUBLIC",
        "write",
        "success",
    )
    assert (renamed["prev_name"], renamed["name"], deleted["name"]) == ("a", "b", "b")


def test_chained_commands_of_the_old_dialects_are_read() -> None:
    account = _wide("operator") + b"\0\0" + _wide("CITY") + b"\0\0"
    setup = _first(smb1.SESSION_SETUP, bytes(26), b"\0" + account)
    words = b"\x75\0" + struct.pack("<H", len(setup)) + bytes(22)
    chained = _first(smb1.SESSION_SETUP, words, b"\0" + account)
    path = _wide("\\\\files\\IPC$") + b"\0\0"
    tree = (
        b"\x04" + _LAST + bytes(4) + struct.pack("<H", len(path) + 5) + (b"\0" if len(chained) % 2 == 0 else b"") + path
    )
    logon, share = _events((_REQUEST, chained + tree + b"?????\0"))
    assert (logon["username"], logon["domainname"], share["path"]) == ("operator", "CITY", r"\\files\IPC$")


def test_a_message_that_is_no_last_one_names_nobody() -> None:
    assert find_logon(b"NTLMSSP\0" + struct.pack("<I", 1) + bytes(80)) is None
    assert find_logon(b"") is None


@given(st.binary(max_size=300), st.sampled_from([0, 1, 3, 5, 17]), st.booleans())
def test_any_bytes_of_the_second_version_are_judged_without_an_exception(
    content: bytes, number: int, answers: bool
) -> None:
    for message in (content, b"\xfeSMB" + content, _second(number, content, answers=answers)):
        for command in smb2.commands(message):
            assert storable(
                smb2.dialects_offered(command.body),
                smb2.dialect_chosen(command.body),
                smb2.tree_path(command),
                smb2.share_type(command.body),
                smb2.opened(command),
                smb2.created_file(command.body),
                smb2.change(command),
            )
    assert storable(find_logon(b"NTLMSSP\0\x03\0\0\0" + content))


@given(st.binary(max_size=300), st.sampled_from([0x06, 0x07, 0x2D, 0x72, 0x73, 0x75, 0xA2]), st.binary(max_size=60))
def test_any_bytes_of_the_first_version_are_judged_without_an_exception(
    content: bytes, number: int, words: bytes
) -> None:
    even = words[: len(words) // 2 * 2]
    for message in (content, b"\xffSMB" + content, _first(number, even, content)):
        for command in smb1.commands(message):
            assert storable(
                smb1.dialects_offered(command.data),
                smb1.dialect_index(command.words),
                smb1.account(command),
                smb1.tree_path(command),
                smb1.file_name(command),
                smb1.makes_file(command),
                smb1.new_names(command),
            )


@given(st.binary(max_size=200), st.booleans())
def test_any_stream_on_the_port_is_read_without_an_exception(content: bytes, answers: bool) -> None:
    said = [(answers, _second(5, content, answers=answers)), (not answers, _first(0xA2, b"", content))]
    assert all(event["service"].startswith("smb") for event in _events(*said))
