"""What people declare of a data set: whose it is, what for, who gets it, what it was made from (R36, R39, R42)."""

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dlp.errors import RegistrationInvalid
from dlp.grading_policy import GradingPolicy
from dlp.problem_lines import problem_lines

_STRICT = ConfigDict(extra="forbid", frozen=True)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return text


Text = Annotated[str, StringConstraints(max_length=400, strip_whitespace=True), AfterValidator(_printable)]
Filled = Annotated[
    str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True), AfterValidator(_printable)
]


class Sharing(BaseModel):
    """One recipient on the sharing list, on what ground and until when (R42)."""

    model_config = _STRICT
    recipient: Filled
    basis: Filled
    until: date | None = None


class Harm(BaseModel):
    """What the loss of the data would do, as a person judged it: an object and a degree of the grading policy."""

    model_config = _STRICT
    object: Filled
    degree: Filled


class Registration(BaseModel):
    """The entry of one data set, or of all whose name fits a pattern, in the catalogue.

    Attributes:
        dataset: name of a table or path of a file; `*` stands for any text.
        owner: the person or post that answers for it; `cdo` the chief data officer who signs its grade (R39).
        industry, object, subject: where it stands in the trees of the grading policy.
        persons: how many persons it is about, as declared; None: as counted.
        derivation: how it was made from `derived_from`, '' when it is an original.
        harm: what its loss would do.
        important_factors: what in it suggests important data.
        assessment: the reference of its impact assessment (PIPL 55), '' for none.
        masked_columns: columns that are declared masked.
        backed_up_on: the day of its last backup that was tried out.
        encrypted: whether it is stored and carried encrypted, behind a login; None: not known.
    """

    model_config = _STRICT
    dataset: Filled
    title: Text = ""
    organisation: Filled
    owner: Filled
    cdo: Text = ""
    industry: str = "government"
    object: str = "business"
    subject: str = "public"
    purpose: Text = ""
    legal_basis: Text = ""
    openness: str = ""
    sharing: tuple[Sharing, ...] = ()
    persons: int | None = Field(default=None, ge=0)
    employees_only: bool = False
    derivation: str = ""
    derived_from: tuple[Filled, ...] = ()
    harm: tuple[Harm, ...] = ()
    important_factors: tuple[str, ...] = ()
    assessment: Text = ""
    retention_days: int | None = Field(default=None, ge=1)
    destroyed_on: date | None = None
    masked_columns: tuple[Filled, ...] = ()
    backed_up_on: date | None = None
    encrypted: bool | None = None

    @model_validator(mode="after")
    def _derived(self) -> Self:
        if self.derived_from and not self.derivation:
            raise ValueError("derived_from is given without derivation: say how it was made")
        return self

    def fits(self, dataset: str) -> bool:
        """Whether the entry is about this data set; letter case counts."""
        return self.dataset == dataset or fnmatchcase(dataset, self.dataset.replace("[", "[[]"))


def registration(entry: object, grading: GradingPolicy) -> Registration:
    """The entry of a catalogue file, checked against the trees of the grading policy.

    Raises:
        RegistrationInvalid: with one line per problem.
    """
    try:
        found = Registration.model_validate(entry)
    except ValidationError as error:
        raise RegistrationInvalid(problem_lines(error)) from error
    problems = list(_strangers(found, grading))
    if problems:
        raise RegistrationInvalid(problems)
    return found


def registration_of(dataset: str, registered: tuple[Registration, ...]) -> Registration | None:
    """The entry that a data set falls under: its own, else that of the longest pattern."""
    fitting = [entry for entry in registered if entry.fits(dataset)]
    return max(fitting, key=lambda entry: (entry.dataset == dataset, len(entry.dataset)), default=None)


def _strangers(found: Registration, grading: GradingPolicy) -> list[str]:
    """Codes that the grading policy does not know, each told with those it knows."""
    asked: list[tuple[str, str, Mapping[str, object]]] = [
        ("industry", found.industry, grading.industries),
        ("object", found.object, grading.objects),
        ("subject", found.subject, grading.subjects),
        ("openness", found.openness, grading.openness),
        ("derivation", found.derivation, grading.derived),
        *(("harm.object", harm.object, grading.impact.objects) for harm in found.harm),
        *(("harm.degree", harm.degree, grading.impact.degrees) for harm in found.harm),
        *(("important_factors", factor, grading.important_factors) for factor in found.important_factors),
    ]
    optional = ("openness", "derivation")
    return [
        f"{key}: {value!r} is none of {', '.join(known)}"
        for key, value, known in asked
        if value not in known and not (key in optional and value == "")
    ]
