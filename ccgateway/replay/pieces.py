"""A text in pieces: what may be somebody's number, address or name, and what stands between. Pure.

People write numbers in many ways, and several of them in one text. What a numbering plan knows is
one number, whatever signs stand between its digits; other digits are one where they are written as
numbers are. No digit is ever of what stands between.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto
from itertools import groupby
from typing import NamedTuple

from ccgateway.replay.words import is_of_word

LEAST_KNOWN, MOST_KNOWN = 7, 17
"""Digits of a number that a plan knows; E.164 has 15 at most, and 00 may be before them."""

FEW_MOST = 2
"""Digits: fewer than a number's."""

_ADDRESS = r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])"
_OURS = r"(?<![\w-])ccg(?:-[a-z]+)+(?![\w-])"
# \s: no-break spaces, too; behind it hyphens, dots, dashes and what is not to be seen.
_APART = (
    r"[\s_.,:;()/\\|'\"<>\u00ad\u00b7\u2010-\u2015\u2022\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    r"\u2212\ufeff-]"
)
_TOKEN = re.compile(rf"(?P<ours>{_OURS})|(?P<address>{_ADDRESS})|\+?\d(?:{_APART}{{0,5}}\d){{2,}}")
_GROUP = re.compile(rf"(?P<address>{_ADDRESS})|\+?\d+")
_USUAL = re.compile(r"[ \u00a0\u2007\u2009\u202f()./\u2010-\u2015-]{0,3}")
"""What stands between the digits of one number, mostly."""


class Of(Enum):
    """What a piece is."""

    OURS = auto()  # a context of our dialplan
    ADDRESS = auto()
    NUMBER = auto()
    FEW = auto()  # one digit or two, with neither digits nor letters beside them
    WORD = auto()
    BETWEEN = auto()


class Piece(NamedTuple):
    """A part of a text."""

    of: Of
    text: str


def pieces(text: str, is_known: Callable[[str], bool]) -> Iterator[Piece]:
    """The pieces, in order; together they are ``text``. ``is_known``: whether a numbering plan
    knows these digits (with a + before them, perhaps)."""
    end = 0
    for found in _TOKEN.finditer(text):
        yield from _between(text[end : found.start()])
        if found["ours"] or found["address"]:
            yield Piece(Of.OURS if found["ours"] else Of.ADDRESS, found[0])
        else:
            yield from _numbers(found[0], is_known)
        end = found.end()
    yield from _between(text[end:])


def _between(text: str) -> Iterator[Piece]:
    for is_word, run in groupby(text, is_of_word):
        said = "".join(run)
        if is_word:
            yield Piece(Of.FEW if said.isdecimal() else Of.WORD, said)
        else:
            yield Piece(Of.BETWEEN, said)


def _numbers(text: str, is_known: Callable[[str], bool]) -> Iterator[Piece]:
    """Digits with something between them: of one number, or of several."""
    groups = list(_GROUP.finditer(text))
    usual = _usual(text, groups)
    end = at = 0
    while at < len(groups):
        known = (
            _known(text, groups[at : min(most, at + MOST_KNOWN)], is_known)
            for most in (usual[at], len(groups))
        )
        beyond = at + next(filter(None, known), usual[at] - at)
        said = text[groups[at].start() : groups[beyond - 1].end()]
        yield from _between(text[end : groups[at].start()])
        if groups[at]["address"]:
            yield Piece(Of.ADDRESS, said)
        elif sum(map(str.isdecimal, said)) > FEW_MOST:
            yield Piece(Of.NUMBER, said)
        else:
            yield from _between(said)
        end, at = groups[beyond - 1].end(), beyond
    yield from _between(text[end:])


def _known(text: str, groups: list[re.Match[str]], is_known: Callable[[str], bool]) -> int:
    """How many of the groups are the longest number that a plan knows and that begins with the
    first of them; 0: there is none."""
    if _is_whole(groups[0]):
        return 0
    found = count = 0
    for beyond, group in enumerate(groups, 1):
        count += len(group[0])
        if group["address"] or count > MOST_KNOWN:
            break
        if count >= LEAST_KNOWN and is_known(text[groups[0].start() : group.end()]):
            found = beyond
        if _is_whole(group):
            break
    return found


def _usual(text: str, groups: list[re.Match[str]]) -> list[int]:
    """Of each group, beyond which one the digits end that are written as one number with it."""
    ends = [len(groups)] * len(groups)
    for at in reversed(range(len(groups) - 1)):
        before, next_ = groups[at], groups[at + 1]
        apart = text[before.end() : next_.start()]
        is_one = _USUAL.fullmatch(apart) and not (_is_whole(before) or next_["address"])
        ends[at] = ends[at + 1] if is_one else at + 1
    return ends


def _is_whole(group: re.Match[str]) -> bool:
    """A number by itself: with what follows it, all of it could be the beginning that stays."""
    return bool(group["address"]) or len(group[0]) >= LEAST_KNOWN
