"""What is wrong with an entry of a declared file, a line a problem."""

from pydantic import ValidationError


def problem_lines(error: ValidationError) -> list[str]:
    """Where in the entry, and what; `entry` where it is all of it."""
    return [f"{'.'.join(map(str, each['loc'])) or 'entry'}: {each['msg']}" for each in error.errors()]
