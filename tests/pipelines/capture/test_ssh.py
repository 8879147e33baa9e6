from tests.pipelines.capture.frames import pcap_file, read_capture, talk


def test_both_banners_are_one_event() -> None:
    packets = talk((False, b"SSH-2.0-server_1\r\n"), (True, b"SSH-2.0-client_1 note\r\n"), to=2222)
    found = read_capture(pcap_file(packets))
    (event,) = found.events
    assert event["fields"] == {"client": "SSH-2.0-client_1 note", "server": "SSH-2.0-server_1", "version": "2"}
    assert (event["category"], event["service"], event["destination_port"]) == ("ssh", "ssh", 2222)
    assert [flow["application"] for flow in found.flows] == ["ssh"]


def test_a_side_that_speaks_the_old_protocol_only_decides_the_version() -> None:
    packets = talk((False, b"SSH-1.99-server_1\r\n"), (True, b"SSH-1.5-client_1\r\n"), to=22)
    assert read_capture(pcap_file(packets)).events[0]["fields"]["version"] == "1"


def test_one_banner_alone_is_an_event_of_unknown_outcome() -> None:
    (event,) = read_capture(pcap_file(talk((False, b"SSH-2.0-server_1\n"), to=22))).events
    assert event["outcome"] == "unknown"
    assert "client" not in event["fields"]
