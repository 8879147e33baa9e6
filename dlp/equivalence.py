"""Re-identification risk of a table: classes of equal quasi-identifiers, and the effect level of GB/T 42460-2023."""

from dataclasses import dataclass

from dlp.mask_findings import MaskCheck, MaskFinding, Severity
from dlp.mask_policy import Sharing, SharingPolicy


@dataclass(frozen=True)
class Classes:
    """What was counted of the classes of rows with equal quasi-identifiers.

    Attributes:
        rows: rows of the table.
        classes: how many classes they fall into.
        k: the size of the smallest class (k-anonymity).
        unique_rows: rows that are alone in their class.
        risky: classes whose risk 1/size is above the threshold.
        mean_risk: the mean of 1/size over the classes.
        diversity: the fewest different sensitive values in a class (l-diversity); None without a sensitive column.
    """

    rows: int
    classes: int
    k: int
    unique_rows: int
    risky: int
    mean_risk: float
    diversity: int | None = None


@dataclass(frozen=True)
class Effect:
    """The effect of de-identification by GB/T 42460-2023.

    Attributes:
        ra: the share of classes above the threshold; must be 0.
        rb: the highest risk of a class, for what is published.
        rc: the mean risk of the classes, for controlled and enclave sharing.
        overall: data risk times context risk; 1 where `ra` is above 0.
        level: 1 direct identifiers are there, 2 risk at or above the threshold, 3 below it, 4 no identifiers.
    """

    ra: float
    rb: float
    rc: float
    overall: float
    level: int


def effect(
    classes: Classes, sharing: Sharing, policy: SharingPolicy, *, direct_identifiers: bool, quasi: bool
) -> Effect:
    """The effect level of a table shared in this way.

    Args:
        classes: what was counted under that way's threshold.
        sharing: published, under control, or inside of an enclave.
        policy: thresholds and the risk of the surroundings.
        direct_identifiers: whether any is there unmasked.
        quasi: whether there are quasi-identifiers at all.
    """
    ra = classes.risky / classes.classes if classes.classes else 0.0
    rb = 1 / classes.k if classes.k else 0.0
    data_risk = rb if sharing == "public" else classes.mean_risk
    overall = 1.0 if ra > 0 else data_risk * policy.context_risk[sharing]
    level = 1 if direct_identifiers else 4 if not quasi else 3 if overall < policy.overall_threshold else 2
    return Effect(ra, rb, classes.mean_risk, overall, level)


def equivalence_finding(
    columns: tuple[str, ...], sensitive: str, classes: Classes, told: Effect, sharing: Sharing, direct: list[str]
) -> MaskFinding:
    """The finding on the classes of a table: informational where the risk is below the threshold."""
    severity: Severity = "informational" if told.level >= 3 else "high" if told.ra > 0 or told.level == 1 else "medium"
    evidence: dict[str, object] = {
        "rows": classes.rows,
        "classes": classes.classes,
        "k": classes.k,
        "unique_rows": classes.unique_rows,
        "ra": round(told.ra, 6),
        "rb": round(told.rb, 6),
        "rc": round(told.rc, 6),
        "overall_risk": round(told.overall, 6),
        "effect_level": told.level,
        "sharing": sharing,
    }
    if classes.diversity is not None:
        evidence |= {"l": classes.diversity, "sensitive": sensitive}
    if direct:
        evidence["direct_identifiers"] = direct
    # One sensitive value in a class tells it of everybody in the class, however many they are.
    if classes.diversity == 1 and classes.rows and severity == "informational":
        severity = "medium"
    return MaskFinding(MaskCheck.equivalence, columns, severity, "", evidence)
