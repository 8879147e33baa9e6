"""The tests of leaves over one column: each value once, however many events hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.block import Column, Values
from detectors.finding import NO_VALUES, Occurrences
from detectors.literals import Leaf

_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - stands in for values that are no address


@dataclass
class ColumnTests:
    """A column with answers to every test of a leaf; what an answer needs is made once."""

    column: Column
    occurrences: Occurrences

    def values_of(self, leaf: Leaf) -> tuple[Values, Values]:
        """The values that may pass the test, and those that do: the same object where that is known of all."""
        match leaf.test:
            case "equals":
                equal = self._equal
                found = self._union([equal[text] for text in leaf.texts if text in equal])
            case "contains" | "starts" | "ends":
                found = self._union(self.occurrences.having(self.column, leaf.texts, leaf.test))
            case "present":
                found = self._every
            case "holds_all":
                return self._holding_all(leaf.texts), NO_VALUES
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

    @cached_property
    def _equal(self) -> dict[str, Values]:
        found: dict[str, list[int]] = {}
        for value, text in enumerate(self.column.folded):
            found.setdefault(text, []).append(value)
        return {text: np.array(values, np.intp) for text, values in found.items()}

    def _holding_all(self, texts: Sequence[str]) -> Values:
        found = self.occurrences.having(self.column, texts, "contains")
        possible = self._every if len(found) == len(set(texts)) else NO_VALUES
        for values in found:
            possible = np.intersect1d(possible, values, assume_unique=True)
        # Beyond ASCII, folding and matching may disagree about a letter: such values are never passed over.
        wide = np.flatnonzero(self.column.wide)
        return cast("Values", np.union1d(possible, wide)) if len(wide) and texts else possible

    def _matching(self, texts: pl.Series, pattern: str, necessary: Sequence[str]) -> tuple[Values, Values]:
        """The values that a pattern matches: polars asks Rust's engine, which agrees with RE2 about ASCII."""
        possible = self._holding_all(necessary)
        if not len(possible):
            return NO_VALUES, NO_VALUES
        try:
            met = texts.gather(possible).str.contains(pattern).to_numpy()
        except pl.exceptions.ComputeError:  # larger than that engine compiles
            return possible, NO_VALUES
        wide = self.column.wide[possible]
        sure = possible[met & ~wide]
        return (possible[met | wide], sure) if wide.any() else (sure, sure)

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
        return numbers.astype(np.uint32), plain.to_numpy(), other.to_numpy()

    def _in_network(self, network: IPv4Network | IPv6Network) -> tuple[Values, Values]:
        numbers, plain, other = self._addresses
        if isinstance(network, IPv6Network):
            mapped = network.network_address.ipv4_mapped is not None
            return self._decided(np.zeros_like(plain), other | plain if mapped else other)
        met = (numbers >= int(network.network_address)) & (numbers <= int(network.broadcast_address))
        return self._decided(met & plain, other)

    @staticmethod
    def _decided(met: npt.NDArray[np.bool_], unclear: npt.NDArray[np.bool_]) -> tuple[Values, Values]:
        sure = np.flatnonzero(met)
        return (np.flatnonzero(met | unclear), sure) if unclear.any() else (sure, sure)
