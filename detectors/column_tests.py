"""The tests of leaves over one column: each value once, however many events hold it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import AddressValueError, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.block import Column, Values
from detectors.finding import NO_VALUES, Occurrences
from detectors.plan import Leaf

# An expression in ASCII that asks neither for the bounds of words nor for what is no digit or no part of a word.
_IS_PLAIN = re.compile(r"(?:[\x00-\x5b\x5d-\x7f]|\\[\x00-\x41\x43\x45-\x56\x58-\x61\x63-\x7f])*")
_GROUPS = r"\A[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}\z"
_HALF = (1 << 64) - 1
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - stands in for values that are no address


@dataclass
class ColumnTests:
    """A column with answers to every test of a leaf; what an answer needs is made once."""

    place: str
    column: Column
    occurrences: Occurrences

    def values_of(self, leaf: Leaf) -> tuple[Values, Values]:
        """The values that may pass the test, and those that do: the same object where that is known of all."""
        match leaf.test:
            case "equals":
                equal = self.occurrences.equal
                found = self._union([equal[self.place, text] for text in leaf.texts if (self.place, text) in equal])
            case "contains" | "starts" | "ends":
                found = self._union(self.occurrences.having(self.place, leaf.texts, leaf.test))
            case "present":
                found = self._every
            case "holds_all":
                return self._holding_all(leaf.texts, self.column.wide), NO_VALUES
            case "regex":
                return self._matching(self.column.texts, leaf.texts[0], leaf.texts[1:])
            case "like":
                return self._matching(self.column.folded, leaf.texts[0], leaf.texts[1:])
            case "network":
                return self._in_network(ip_network(leaf.texts[0]))
            case "perhaps":
                return self._every, NO_VALUES
            case _:
                return self._as_number(leaf)
        return found, found

    @staticmethod
    def _union(parts: Sequence[Values]) -> Values:
        if len(parts) <= 1:
            return parts[0] if parts else NO_VALUES
        values = np.sort(np.concatenate(parts))
        return values[np.flatnonzero(np.diff(values, prepend=-1))]

    @cached_property
    def _every(self) -> Values:
        return np.arange(len(self.column.texts))

    def may_hold(self, leaf: Leaf) -> bool:
        """Whether any value may pass a test that no single text decides."""
        match leaf.test:
            case "holds_all":
                return self._may_hold_all(leaf.texts, self.column.wide)
            case "regex" | "like":
                return self._may_hold_all(leaf.texts[1:], self._unclear(leaf.texts[0]))
            case "numbers":
                return self._any_number or any(float(text) in self._numbers for text in leaf.texts)
        return True

    def _may_hold_all(self, texts: Sequence[str], unclear: npt.NDArray[np.bool_]) -> bool:
        return len(self.occurrences.having(self.place, texts, "contains")) == len(set(texts)) or bool(unclear.any())

    @cached_property
    def _numbers(self) -> frozenset[float]:
        return frozenset(self._plain_integers[1].tolist())

    @cached_property
    def _any_number(self) -> bool:
        """Whether some value may be a number without being a plain integer."""
        return bool(self._plain_integers[2].any())

    def _holding_all(self, texts: Sequence[str], unclear: npt.NDArray[np.bool_]) -> Values:
        """The values that hold all of these texts, and those of which folding may not tell."""
        found = self.occurrences.having(self.place, texts, "contains")
        possible = self._every if len(found) == len(set(texts)) else NO_VALUES
        for values in found:
            possible = np.intersect1d(possible, values, assume_unique=True)
        others = np.flatnonzero(unclear)
        return cast("Values", np.union1d(possible, others)) if len(others) and texts else possible

    def _matching(self, texts: pl.Series, pattern: str, necessary: Sequence[str]) -> tuple[Values, Values]:
        """The values that a pattern matches, by Rust's engine; it agrees with RE2 about all that is clear."""
        unclear = self._unclear(pattern)
        possible = self._holding_all(necessary, unclear)
        if not len(possible):
            return NO_VALUES, NO_VALUES
        try:
            met = texts.gather(possible).str.contains(pattern).to_numpy()
        except pl.exceptions.ComputeError:  # larger than that engine compiles
            return possible, NO_VALUES
        unclear = unclear[possible]
        sure = possible[met & ~unclear]
        return (possible[met | unclear], sure) if unclear.any() else (sure, sure)

    def _unclear(self, pattern: str) -> npt.NDArray[np.bool_]:
        r"""The values about which the two engines may disagree.

        Beyond ASCII they differ in what a word is (`\b`, `\W`) and a digit (`\D`), and perhaps in the cases of letters.
        Where an expression in ASCII asks for none of these, that leaves the letters whose other case is in ASCII.
        """
        return self._folds_to_ascii if _IS_PLAIN.fullmatch(pattern) else self.column.wide

    @cached_property
    def _folds_to_ascii(self) -> npt.NDArray[np.bool_]:
        if not self.column.wide.any():
            return self.column.wide
        letters = "[\u212a\u017f\u0130\u0131]"
        return (self.column.texts.str.contains(letters) | self.column.folded.str.contains(letters)).to_numpy()

    @cached_property
    def _plain_integers(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Which values are integers in their shortest form, their numbers, and which others may be numbers."""
        texts = self.column.texts
        plain = texts.str.contains(r"\A(?:0|-?[1-9][0-9]{0,14})\z")
        numbers = texts.set(~plain, None).cast(pl.Float64).fill_null(np.nan).to_numpy()
        other = texts.str.contains(r"\A[0-9eE+\-\s]*\.?[0-9eE+\-\s]*\z") & texts.str.contains("[0-9]") & ~plain
        return plain.to_numpy(), numbers, other.to_numpy()

    def _as_number(self, leaf: Leaf) -> tuple[Values, Values]:
        plain, numbers, other = self._plain_integers
        wanted = [float(text) for text in leaf.texts]
        if leaf.test == "numbers":
            met = np.isin(numbers, wanted)
        else:
            compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[leaf.test]
            with np.errstate(invalid="ignore"):
                met = compare(numbers, wanted[0])
        return self._decided(met & plain, other)

    @cached_property
    def _addresses(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """IPv4 addresses in their plain form as numbers, which values are such, and which others may be addresses."""
        texts = self.column.texts
        octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
        plain = texts.str.contains(rf"\A{octet}\.{octet}\.{octet}\.{octet}\z")
        parts = texts.set(~plain, _NO_ADDRESS).str.split(".").cast(pl.List(pl.UInt32)).list.to_array(4).to_numpy()
        numbers = parts @ np.array([1 << 24, 1 << 16, 1 << 8, 1], np.uint32)
        other = texts.str.contains("[.:]") & ~plain
        return numbers.astype(np.uint32), plain.to_numpy(), other.to_numpy() & ~self._six[0]

    @cached_property
    def _six(self) -> tuple[npt.NDArray[np.bool_], Values, npt.NDArray[np.uint64]]:
        """Which values are IPv6 addresses written in groups alone: as marks, by position, and as two numbers each."""
        texts = self.column.texts
        marks, found = np.zeros(len(texts), np.bool_), []
        for at in np.flatnonzero(texts.str.contains(_GROUPS).to_numpy()).tolist():
            try:
                found.append(int(IPv6Address(texts[at])))
            except AddressValueError:  # not for Python: the database says
                continue
            marks[at] = True
        halves = [(number >> 64, number & _HALF) for number in found]
        return marks, np.flatnonzero(marks), np.array(halves, np.uint64).reshape(-1, 2)

    def _in_network(self, network: IPv4Network | IPv6Network) -> tuple[Values, Values]:
        numbers, plain, other = self._addresses
        met = np.zeros_like(plain)
        if isinstance(network, IPv6Network):
            begin, bits = int(network.network_address), network.prefixlen
            other = other | plain if network.network_address.ipv4_mapped is not None else other
        else:
            # An IPv4-mapped address is the IPv4 address it holds (RFC 4291 2.5.5.2).
            begin, bits = int(network.network_address) | 0xFFFF << 32, network.prefixlen + 96
            first, last = int(network.network_address), int(network.broadcast_address)
            met = plain & (numbers >= first) & (numbers <= last)
        _, at, halves = self._six
        mask = (1 << 128) - (1 << 128 - bits)
        masks, begins = (np.array([number >> 64, number & _HALF], np.uint64) for number in (mask, begin))
        met[at[((halves & masks) == begins).all(axis=1)]] = True
        return self._decided(met, other)

    @staticmethod
    def _decided(met: npt.NDArray[np.bool_], unclear: npt.NDArray[np.bool_]) -> tuple[Values, Values]:
        sure = np.flatnonzero(met)
        return (np.flatnonzero(met | unclear), sure) if unclear.any() else (sure, sure)
