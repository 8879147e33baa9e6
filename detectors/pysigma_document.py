"""A rule document as pySigma reads it, where the specification allows what pySigma does not know.

Sigma specification 2.1: the condition of a correlation (`detectors.correlation_condition`), and the modifier
`utf16le`, which is `wide` by another name.
"""

from detectors.correlation_condition import with_readable_condition

_SAME_MODIFIERS = {"utf16le": "wide"}


def for_pysigma(document: dict[str, object]) -> dict[str, object]:
    """The document in the words that pySigma knows."""
    detection = document.get("detection")
    if isinstance(detection, dict):
        document = {**document, "detection": {name: _renamed(each) for name, each in detection.items()}}
    return with_readable_condition(document)


def _renamed(detection: object) -> object:
    """A detection with modifiers that pySigma knows; documents have been limited in depth before."""
    if isinstance(detection, dict):
        return {_known(key): _renamed(each) for key, each in detection.items()}
    if isinstance(detection, list):
        return [_renamed(each) for each in detection]
    return detection


def _known(key: object) -> object:
    if not isinstance(key, str) or "|" not in key:
        return key
    name, *modifiers = key.split("|")
    return "|".join([name, *(_SAME_MODIFIERS.get(modifier, modifier) for modifier in modifiers)])
