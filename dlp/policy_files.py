"""Policy files: YAML into a checked model, every problem told with file and key."""

from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from dlp.errors import PolicyError

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], text: str, *, where: str) -> Model:
    """What a YAML text says, as the model.

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
        return model.model_validate(content)
    except ValidationError as error:
        raise PolicyError("\n".join(_told(problem, where) for problem in error.errors())) from error


def _told(problem: object, where: str) -> str:
    if not isinstance(problem, dict):  # narrows pydantic's typed dictionary
        return f"{where}: {problem}"
    key = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {key or 'the file'}: {problem['msg']}"
