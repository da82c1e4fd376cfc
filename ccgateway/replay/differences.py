"""How two records of a call differ: field by field. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ccgateway.replay.record import Record

_NAMES: Mapping[str, tuple[str, ...]] = {
    "legs": ("uniqueid",),
    "visits": ("uniqueid", "queue"),
    "offers": ("uniqueid",),
    "talks": ("uniqueid",),
    "holds": ("uniqueid",),
    "escalations": ("mode", "to"),
    "decisions": ("what",),
    "notes": ("at",),
}
"""By what the parts of a call are known: one that is missing does not make all after it differ."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``field``: ``talks[1795327344.70].ended_at``. None: it is not there."""

    field: str
    stored: Any
    told: Any


def compare(stored: Record | None, told: Record | None) -> list[Difference]:
    """What differs between a call as it is stored and as it is told anew; None: there is none."""
    if stored is None or told is None:
        return [Difference("call", stored and "stored", told and "told")]
    return list(_of_mappings("", stored, told))


def _of_mappings(path: str, stored: Record, told: Record) -> Iterator[Difference]:
    for name in dict.fromkeys((*stored, *told)):
        at = f"{path}.{name}" if path else name
        yield from _of_values(at, name, stored.get(name), told.get(name))


def _of_values(path: str, name: str, stored: Any, told: Any) -> Iterator[Difference]:
    if stored == told:
        return
    if isinstance(stored, Mapping) and isinstance(told, Mapping):
        yield from _of_mappings(path, stored, told)
    elif name in _NAMES and _are_lists(stored, told):
        named, anew = _by_name(name, stored or ()), _by_name(name, told or ())
        for one in dict.fromkeys((*named, *anew)):
            yield from _of_values(f"{path}[{one}]", "", named.get(one), anew.get(one))
        if list(named) != list(anew) and named.keys() == anew.keys():
            yield Difference(f"{path}: order", list(named), list(anew))
    else:
        yield Difference(path, stored, told)


def _are_lists(*values: Any) -> bool:
    """Lists of parts; one that is empty is left out of its record."""
    parts = [value for value in values if value is not None]
    return all(isinstance(one, list) and all(isinstance(p, Mapping) for p in one) for one in parts)


def _by_name(name: str, parts: Sequence[Record]) -> dict[str, Record]:
    """The parts by their names; the second of a name is its #2."""
    seen: Counter[str] = Counter()
    named: dict[str, Record] = {}
    for part in parts:
        text = "/".join(str(part[key]) for key in _NAMES[name] if key in part)
        seen[text] += 1
        named[f"{text}#{seen[text]}" if seen[text] > 1 else text] = part
    return named
