"""How many packets each counted one stands for: by its record, its sampler, its exporter, or its header."""

from collections.abc import Sequence

import numpy as np

from pipelines.capture.window import Words
from pipelines.exports import elements
from pipelines.exports.records import Records
from pipelines.exports.window import Headers, Origin

# One packet in so many at most: what lies above is no rate but a damaged field.
_MOST_RATE = np.uint64(1 << 24)


def sampling_rates(records: Records, headers: Headers, origins: Sequence[Origin]) -> Words:
    """The sampling rate of each record, 1 where nothing is sampled."""
    rates = stated_rates(records)
    if any(origin.samplers for origin in origins):
        rates = np.where(rates > 0, rates, _of_options(records, headers, origins))
    rates = np.where(rates > 0, rates, headers.rate)
    return np.where((rates > 0) & (rates <= _MOST_RATE), rates, np.uint64(1))


def stated_rates(records: Records) -> Words:
    """The rate that a record itself states, 0 where it states none (elements 34, 50, 305 and 306, 309 and 310, 311)."""
    rates = np.zeros(len(records), np.uint64)
    for name in (elements.SAMPLING_INTERVAL, elements.SAMPLER_INTERVAL):
        if records.has(name):
            rates = np.where(rates > 0, rates, records.numbers(name))
    for sampled, others in (
        (elements.SAMPLED_PACKETS, elements.SAMPLED_SPACE),
        (elements.SAMPLE_SIZE, elements.SAMPLE_POPULATION),
    ):
        if records.has(sampled) and records.has(others):
            chosen = np.maximum(records.numbers(sampled), np.uint64(1))
            rest = records.numbers(others)
            # RFC 5476 §6.5.2: `space` packets are passed over after `interval` ones; a population holds its sample.
            all_of_them = chosen + np.minimum(rest, _MOST_RATE) if sampled == elements.SAMPLED_PACKETS else rest
            rates = np.where(rates > 0, rates, all_of_them // chosen)
    if records.has(elements.SAMPLING_PROBABILITY):
        rates = np.where(rates > 0, rates, _one_in(records.numbers(elements.SAMPLING_PROBABILITY)))
    return rates


def _one_in(bits: Words) -> Words:
    """One packet in how many a probability takes, from the bits of a number of 64 or 32 bits (RFC 7011 §6.2)."""
    long, short = bits.view(np.float64), bits.astype(np.uint32).view(np.float32).astype(np.float64)
    probability = np.where(bits >> np.uint64(32) > 0, long, short)
    sound = (probability >= 1 / float(_MOST_RATE)) & (probability <= 1)
    return np.rint(1 / np.where(sound, probability, 1)).astype(np.uint64) * sound


def _of_options(records: Records, headers: Headers, origins: Sequence[Origin]) -> Words:
    """The rate that an exporter's options give a record's sampler, else its interface, else all of its packets."""
    names = [name for name in elements.SAMPLER if records.has(name)]
    samplers = records.numbers(names[0]) if names else np.zeros(len(records), np.uint64)
    rates = np.zeros(len(records), np.uint64)
    for index, origin in enumerate(origins):
        here = headers.origin == index
        if not names:
            rates[here] = _of_interfaces(records, origin)[here]
        for sampler, rate in origin.samplers.items():
            if sampler >= 0:
                rates[here & (samplers == np.uint64(sampler)) & (rates == 0)] = rate
    return rates


def _of_interfaces(records: Records, origin: Origin) -> Words:
    """The rate of the interface by which a record's packets came, else of that by which they left; 0 for none."""
    rates = np.zeros(len(records), np.uint64)
    by_interface = {-1 - number: rate for number, rate in origin.samplers.items() if number < 0}
    names = [name for name in (elements.INGRESS, elements.EGRESS) if records.has(name)]
    if not names and len(set(by_interface.values())) == 1:
        # Records that do not say by which interface: all of them are sampled alike.
        rates[:] = next(iter(by_interface.values()))
    for numbers in map(records.numbers, names) if by_interface else ():
        for interface, rate in by_interface.items():
            rates[(rates == 0) & (numbers == np.uint64(interface))] = rate
    return rates
