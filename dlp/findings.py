"""What a scan reports: personal data in a column, without any field that could hold the value itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PiiFinding:
    """One type of personal data in one column.

    Attributes:
        rows: rows looked at that hold a value.
        hits: rows that hold the type, masked or not.
        confidence: 0 to 1.
        category: a key of the policy's categories (GB/T 43697-2024 annex B.1).
        grade: general-1 to general-4.
        masked: every hit is masked, and the mask holds.
        masked_sample: one hit, masked, for a reader.
        fingerprint: a keyed hash of that hit.
        review: what a person should look at, or ''.
        distinct_hits: about how many different unmasked values were seen.
        jrt_level: 1 to 5, the level of JR/T 0197-2020 that the type has at least.
    """

    column: str
    entity_type: str
    rows: int
    hits: int
    confidence: float
    category: str
    grade: str
    sensitive_35273: bool
    sensitive_45574: bool
    masked: bool
    masked_sample: str
    fingerprint: str
    review: str
    distinct_hits: int = 0
    jrt_level: int = 1
