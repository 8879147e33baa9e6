"""One kind of line that a program writes, and what it says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Saying:
    """One kind of line.

    Attributes:
        programs: whose line it is; `pam` stands for PAM's lines, which any program may write.
        pattern: a Rust regular expression; its named groups become `user`, `source_ip`, `source_port` and fields.
        outcome: success, failure or unknown; '' where the group `failure` decides.
    """

    programs: tuple[str, ...]
    action: str
    outcome: str
    pattern: str
