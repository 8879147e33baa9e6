"""Policy files: YAML into a checked model, every problem told with file and key."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from dlp.errors import PolicyError

Model = TypeVar("Model", bound=BaseModel)


# Beside this package, in a checkout and in a wheel. Not looked up by the name `rules`: a process that works in a home
# with a folder `rules` of its own would find that one.
_SHIPPED = Path(__file__).resolve().parents[1] / "rules" / "dlp"


def shipped_text(name: str) -> str:
    """The text of a policy file that ships with the product."""
    return (_SHIPPED / name).read_text(encoding="utf-8")


def validated(model: type[Model], text: str, *, where: str, context: Mapping[str, object] | None = None) -> Model:
    """What a YAML text says, as the model; its validators are given the context.

    Raises:
        PolicyError: it is not YAML, or says something that is not allowed; one line per problem.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyError(f"{where}: not YAML: {error}") from error
    if not isinstance(content, dict):
        raise PolicyError(f"{where}: a policy is a mapping of keys such as {', '.join(list(model.model_fields)[:3])}")
    try:
        return model.model_validate(content, context=dict(context or {}))
    except ValidationError as error:
        raise PolicyError("\n".join(_told(problem, where) for problem in error.errors())) from error


def _told(problem: object, where: str) -> str:
    if not isinstance(problem, dict):  # narrows pydantic's typed dictionary
        return f"{where}: {problem}"
    key = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {key or 'the file'}: {problem['msg']}"
