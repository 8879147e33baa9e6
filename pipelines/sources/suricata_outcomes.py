"""What Suricata's records say of whether a thing worked."""

from collections.abc import Callable

import polars as pl

_LOGIN_GOES_ON = "0xc0000016"  # STATUS_MORE_PROCESSING_REQUIRED


def outcome_of(kind: str) -> pl.Expr:
    """`success`, `failure` or `unknown`, from the columns of records of this event type."""
    return _OUTCOMES.get(kind, _unknown)()


def _unknown() -> pl.Expr:
    return pl.lit("unknown")


def _of_status() -> pl.Expr:
    return _verdict(pl.col("@status_code").cast(pl.Int64, strict=False) < 400)


def _of_rcode() -> pl.Expr:
    return _verdict(pl.col("@rcode_name") == "NOERROR")


def _of_alert() -> pl.Expr:
    """What was done about it: blocked traffic failed."""
    return _verdict(pl.col("@alert.action") == "allowed")


def _of_drop() -> pl.Expr:
    return pl.lit("failure")


def _of_kerberos() -> pl.Expr:
    failed = pl.col("@krb5.error_code").is_not_null() | (pl.col("@krb5.failed_request").fill_null("") != "")
    return _verdict(~failed)


def _of_ftp() -> pl.Expr:
    return _verdict(pl.col("@ftp.completion_code").str.extract(r"^(\d{3})", 1).cast(pl.Int64, strict=False) < 400)


def _of_smb() -> pl.Expr:
    """By the two bits of an NTSTATUS that tell errors ([MS-ERREF] 2.3); that a login goes on is no error."""
    code = pl.col("@smb.status_code")
    failed = code.str.contains(r"^0x[c-fC-F][0-9A-Fa-f]{7}$")
    told = code.is_in(["0x0", "0"]) | (failed & (code != _LOGIN_GOES_ON))
    return _verdict(pl.when(told).then(~failed))


def _verdict(worked: pl.Expr) -> pl.Expr:
    return pl.when(worked).then(pl.lit("success")).when(~worked).then(pl.lit("failure")).otherwise(pl.lit("unknown"))


_OUTCOMES: dict[str, Callable[[], pl.Expr]] = {
    "http": _of_status,
    "dns": _of_rcode,
    "alert": _of_alert,
    "drop": _of_drop,
    "krb5": _of_kerberos,
    "ftp": _of_ftp,
    "smb": _of_smb,
}
