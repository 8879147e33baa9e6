"""What an exporter says of itself in options: its samplers, interfaces, applications, when it started."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from pipelines.exports import elements
from pipelines.exports.layouts import Layout
from pipelines.exports.records import Chunk, Records, records_of
from pipelines.exports.sampling import stated_rates
from pipelines.exports.window import MOST_NAMES, Origin

Value = TypeVar("Value", int, str)

_INTERFACES = (elements.scope(2), elements.INGRESS)
_NAMES = (elements.INTERFACE_NAME, elements.INTERFACE_DESCRIPTION)


def take_options(origin: Origin, layout: Layout, content: Chunk) -> tuple[int, bool]:
    """How many options records a data set holds, and whether they say anything new; it is known from now on."""
    records = records_of(layout, [content])
    if not len(records):
        return 0, False
    news = False
    rates = stated_rates(records)
    if (rates > 0).any():
        news |= _remember(origin.samplers, zip(_sampled(records), rates.tolist(), strict=True))
    interface = next((name for name in _INTERFACES if records.has(name)), None)
    names = next((name for name in _NAMES if records.has(name)), None)
    if interface is not None and names is not None:
        ids = records.numbers(interface)
        news |= _remember(origin.interfaces, zip(ids.tolist(), records.texts(names), strict=True))
    named = next((name for name in elements.APPLICATION_NAMES if records.has(name)), None)
    if records.has(elements.APPLICATION_ID) and named is not None:
        ids = records.numbers(elements.APPLICATION_ID)
        news |= _remember(origin.applications, zip(ids.tolist(), records.texts(named), strict=True))
    if records.has(elements.BOOT_MS):
        boot = int(min(records.numbers(elements.BOOT_MS)[-1], np.uint64(1 << 43)))
        news |= boot != origin.boot_ms
        origin.boot_ms = boot
    return len(records), news


def _sampled(records: Records) -> list[int]:
    """What the sampling rate of each record holds for, as `Origin.samplers` counts it."""
    samplers = next((records.numbers(name).tolist() for name in elements.SAMPLER if records.has(name)), None)
    if samplers is not None:
        return list(samplers)
    interface = next((name for name in _INTERFACES if records.has(name)), None)
    if interface is None:
        return [0] * len(records)
    # Interface 0 is that of an exporter which samples all of them alike.
    return [-1 - number if number else 0 for number in records.numbers(interface).tolist()]


def _remember(known: dict[int, Value], found: Iterable[tuple[int, Value]]) -> bool:
    """Whether there was anything new."""
    news = False
    for number, value in found:
        if value and known.get(number) != value and (number in known or len(known) < MOST_NAMES):
            known[number] = value
            news = True
    return news
