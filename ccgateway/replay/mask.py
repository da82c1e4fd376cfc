"""Texts without persons: whatever is not known to be nobody's becomes another.

The law: out come only words of ``vocabulary``, counts, times and ids as Asterisk makes them, and
what ``Numbers`` and ``Words`` made. So a field that is new, or holds what nobody thought of, tells
of nobody. Of a text no digit stays, but 112 and the like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from itertools import islice

from ccgateway.replay.numbers import Numbers
from ccgateway.replay.pieces import Of, Piece, pieces
from ccgateway.replay.vocabulary import (
    CAUSES,
    CONTEXTS,
    EXTENSIONS,
    PHRASES,
    REASONS,
    TECHNOLOGIES,
    WORDS,
)
from ccgateway.replay.words import Words

COUNT_DIGITS = 5
"""Of a position, a cause or seconds: more could be somebody's number."""

PERSONS_DIGITS = 6
"""Of somebody's number, at least: so many in ones and twos, in one text, may be one in pieces."""

_SECOND = r"(?:9[5-9]\d{7}|[1-3]\d{9})"
"""Of the epoch, since the year 2000."""
_UNIQUEID = re.compile(rf"(?:(.{{1,80}})-)?({_SECOND}\.\d{{1,9}})", re.ASCII | re.DOTALL)
_ATTEMPT = re.compile(rf"ccg-{_SECOND}\.\d{{9}}", re.ASCII)
_BRIDGE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_STAMP = re.compile(
    rf"{_SECOND}\.\d{{1,6}}|"
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\d{8}T\d{6})(?:\.\d{1,6})?"
    r"(?:Z|[+-](?:\d\d:?\d\d)?)?",
    re.ASCII,
)
"""Also as guest.snippets.DATES writes it; old Asterisks cut off what is behind the zone's sign."""
_CHANNEL = re.compile(
    r"([A-Za-z0-9]{1,20})/(.*?)(-000[0-9a-f]{5}(?:;[12])?)?(/n)?", re.ASCII | re.DOTALL
)
_SIP = re.compile(r"([1-6]\d\d)(?: (.*))?", re.ASCII | re.DOTALL)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?", re.ASCII)


class Mask:
    """First all texts pass once, and are learned; after ``begin`` they come out as others."""

    def __init__(self, secret: bytes, country: str) -> None:
        self._numbers = Numbers(secret, country)
        self._words = Words(secret)
        self._addresses: dict[str, str] = {}
        self._learning = True

    def begin(self) -> None:
        """All is learned."""
        self._learning = False

    def text(self, text: str, known: Collection[str] = ()) -> str:
        """Any text; ``known`` are words that stay."""
        told = list(pieces(text, self._numbers.is_known))
        few = "".join(piece.text for piece in told if piece.of is Of.FEW)
        if len(few) < PERSONS_DIGITS:
            return "".join(self._piece(piece, known) for piece in told)
        # Each by its place in this text: ones that are alike look no more alike than others.
        other = iter(self._numbers.anew(few, text))
        return "".join(
            "".join(islice(other, len(piece.text)))
            if piece.of is Of.FEW
            else self._piece(piece, known)
            for piece in told
        )

    def id(self, text: str) -> str:
        """What Asterisk, or we, call a channel, a bridge or a moment; else any text."""
        if _BRIDGE.fullmatch(text) or _ATTEMPT.fullmatch(text) or _MOMENT.fullmatch(text):
            return text
        if found := _UNIQUEID.fullmatch(text):
            return f"{self.text(found[1])}-{found[2]}" if found[1] else found[2]
        return self.text(text)

    def channel(self, text: str) -> str:
        """A channel's or a device's name: ``PJSIP/anna-0000002a``."""
        found = _CHANNEL.fullmatch(text)
        if found is None or found[1] not in TECHNOLOGIES:
            return self.text(text)
        return f"{found[1]}/{self.text(found[2])}{found[3] or ''}{found[4] or ''}"

    def count(self, text: str) -> str:
        """Some digits."""
        few = text.isascii() and text.isdecimal() and len(text) <= COUNT_DIGITS
        return text if few else self.text(text)

    def stamp(self, text: str) -> str:
        """A time: seconds since the epoch, or ISO 8601."""
        return text if _STAMP.fullmatch(text) else ""

    def word(self, text: str) -> str:
        """One of a few words."""
        return text if text in WORDS else self.text(text)

    def extension(self, text: str) -> str:
        """Where in a context."""
        return text if text in EXTENSIONS else self.text(text)

    def cause(self, text: str) -> str:
        """Asterisk's words for a cause."""
        return text if text in CAUSES else self.text(text)

    def sip(self, text: str) -> str:
        """``486 Busy Here``"""
        found = _SIP.fullmatch(text)
        if found is None:
            return self.text(text)
        phrase = found[2] or ""
        known = phrase if phrase in PHRASES else self.text(phrase)
        return f"{found[1]} {known}".rstrip(" ")

    def reasons(self, text: str) -> str:
        """Our decision's reasons: [[rule, inputs, verdict]] as JSON."""
        try:
            rows = [[str(one) for one in row] for row in json.loads(text)]
        except (ValueError, TypeError):
            return "[]"
        return json.dumps([[self._reason(one) for one in row] for row in rows])

    def _reason(self, text: str) -> str:
        if (found := _DAY.search(text)) is None:
            return self.text(text, REASONS)
        before, after = text[: found.start()], text[found.end() :]
        return f"{self.text(before, REASONS)}{found[0]}{self.text(after, REASONS)}"

    def _piece(self, piece: Piece, known: Collection[str]) -> str:
        text = piece.text
        match piece.of:
            case Of.OURS if text not in CONTEXTS:
                return "-".join(
                    self._piece(Piece(Of.WORD, one), ("ccg",)) for one in text.split("-")
                )
            case Of.ADDRESS:
                return self._address(text)
            case Of.NUMBER | Of.FEW:
                return self._learned(text, self._numbers.learn, self._numbers.masked)
            case Of.WORD if text not in known:
                return self._learned(text, self._words.learn, self._words.masked)
            case _:
                return text

    def _address(self, text: str) -> str:
        """Of the network that is kept for tests (RFC 2544)."""
        count = len(self._addresses)
        known = f"198.{18 + (count >> 16) % 2}.{(count >> 8) % 256}.{count % 256}"
        return self._addresses.setdefault(text, known)

    def _learned(
        self, text: str, learn: Callable[[str], None], masked: Callable[[str], str]
    ) -> str:
        if self._learning:
            learn(text)
            return text
        return masked(text)
