import pytest

from pipelines.capture.history import connection_state


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ("S", "S0"),
        ("Sh", "S1"),
        ("ShA", "S1"),
        ("ShADad", "S1"),
        ("ShADadFf", "SF"),
        ("ShAdDaFf", "SF"),
        ("Sr", "REJ"),
        ("SrR", "REJ"),
        ("ShADadF", "S2"),
        ("ShADadf", "S3"),
        ("ShADadR", "RSTO"),
        ("ShADadr", "RSTR"),
        ("ShADadFr", "RSTR"),
        ("ShADadFfR", "SF"),
        ("SR", "RSTOS0"),
        ("^hR", "RSTO"),
        ("^r", "RSTRH"),
        ("SF", "SH"),
        ("^f", "SHR"),
        ("^h", "OTH"),
        ("DadA", "OTH"),
        ("DadAFf", "SF"),
        ("", "OTH"),
    ],
)
def test_state_of_a_tcp_connection_by_its_history(history: str, state: str) -> None:
    assert connection_state(history, 6) == state


@pytest.mark.parametrize(("history", "state"), [("D", "S0"), ("Dd", "SF"), ("^d", "SHR"), ("", "OTH")])
def test_state_of_a_udp_conversation(history: str, state: str) -> None:
    assert connection_state(history, 17) == state


def test_other_protocols_have_no_state() -> None:
    assert connection_state("", 1) == "OTH"
