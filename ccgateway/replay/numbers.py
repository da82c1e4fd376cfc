"""Other numbers in the place of people's: each the same everywhere, and of the same kind.

A number keeps its length, its country and where it begins (operator or area), its type and how it
is written (``+358``, ``00358``, ``0``, separators); its last digits are others. What no numbering
plan knows (an extension, a case) keeps its length, and from three digits on the first of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import shake_256
from itertools import takewhile
from unicodedata import decimal

import phonenumbers
from phonenumbers import PhoneNumber, shortnumberinfo

from ccgateway.telephony.numbers import normalise

SHORTEST = 3
"""Digits whose first may stay; fewer may be a part of somebody's number."""

KEPT_MOST = 3
"""Digits of a house's prefix before a number (``*510`` and the number)."""

KEPT_LEAST = 2
"""Digits after the country code that stay: operator or area."""

HIDDEN_LEAST = 4
"""Digits that are others, at least: ten thousand numbers look alike."""

TRIES = 64

_DIGITS = re.compile(r"\d")
"""Of any script."""


class Numbers:
    """``secret`` decides which becomes which; ``country`` is where numbers without + are dialled.
    First ``learn`` all that there are: none of them may come out again as another's."""

    def __init__(self, secret: bytes, country: str) -> None:
        self._secret = secret
        self._country = country
        self._seen: set[str] = set()
        self._valid: set[str] = set()
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def learn(self, text: str) -> None:
        """There is this number, however it is written."""
        digits = _digits(text)
        self._seen.add(digits)
        if number := self._e164(text):
            self._seen.add(number)
            if _is_valid(number):
                self._valid.add(number)

    def masked(self, text: str) -> str:
        """The other number, written in the same way."""
        digits = _digits(text)
        if not digits or _is_emergency(digits, self._country):
            return text
        return _written(text, self._other(text, digits))

    def anew(self, text: str, place: str) -> str:
        """Other digits, of this ``place`` alone."""
        return _written(text, self._drawn(place, 0, len(text)))

    def is_known(self, text: str) -> bool:
        """Whether it is a number of a numbering plan."""
        number = self._e164(text)
        return bool(number) and _is_valid(number)

    def _other(self, text: str, digits: str) -> str:
        number = self._e164(text)
        if not (number and _is_valid(number)):
            for cut in range(1, KEPT_MOST + 1):
                rest = self._e164(digits[cut:])
                if rest in self._valid:
                    return digits[:cut] + self._ended(digits[cut:], rest)
        if number:
            return self._ended(digits, number)
        return self._once(digits, lambda: self._of_no_plan(digits))

    def _e164(self, text: str) -> str:
        """The number as E.164, '' where no plan knows it."""
        plus = "+" if text.startswith("+") else ""
        found = normalise(plus + _digits(text), self._country) or ""
        return found if found.startswith("+") else ""

    def _ended(self, digits: str, number: str) -> str:
        """The digits of E.164 ``number``, in whichever form, with its other ending."""
        other = self._once(number, lambda: self._of_a_plan(number))
        pairs = zip(number, other, strict=True)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        hidden = min(len(number) - same, len(digits))
        return digits[: len(digits) - hidden] + other[len(other) - hidden :]

    def _once(self, number: str, make: Callable[[], str]) -> str:
        if number not in self._given:
            self._given[number] = made = make()
            self._taken.add(made)
        return self._given[number]

    def _is_free(self, number: str) -> bool:
        return number not in self._taken and number not in self._seen

    def _of_a_plan(self, number: str) -> str:
        """Another number of the same country, type and beginning; the beginning is longer where no
        such is found."""
        said = phonenumbers.parse(number)
        nation = len(number) - len(f"+{said.country_code}")  # with its zeros
        kind, loose = _kind(said), ""
        most = max(nation - HIDDEN_LEAST, 0)
        for kept in range(min(KEPT_LEAST, most), most + 1):
            hidden = nation - kept
            for attempt in range(TRIES):
                other = number[: len(number) - hidden] + self._drawn(number, attempt, hidden)
                if self._is_free(other):
                    loose = loose or other
                    if _kind(phonenumbers.parse(other)) == kind:
                        return other
        return loose or number[:-nation] + self._drawn(number, TRIES, nation)

    def _of_no_plan(self, digits: str) -> str:
        for attempt in range(2 * TRIES):
            kept = 1 if attempt < TRIES and len(digits) >= SHORTEST else 0
            other = digits[:kept] + self._drawn(digits, attempt, len(digits) - kept)
            if self._is_free(other):
                return other
        # Nearly all that are so short are there themselves.
        first = int(self._drawn(digits, 2 * TRIES, 6))
        size = 10 ** min(len(digits), 6)
        every = (f"{(first + n) % size:0{len(digits)}}" for n in range(size))
        free = (other for other in every if other not in self._taken and other != digits)
        return next(free, digits[::-1])

    def _drawn(self, number: str, attempt: int, count: int) -> str:
        """So many digits that the secret decides on."""
        stream = shake_256(
            self._secret + f"{number}/{attempt}".encode("utf-8", "surrogatepass")
        ).digest(count * 2)
        drawn = (int.from_bytes(stream[i : i + 2], "big") % 10 for i in range(0, len(stream), 2))
        return "".join(map(str, drawn))


def _digits(text: str) -> str:
    """As ASCII writes them."""
    return "".join(str(decimal(char)) for char in _DIGITS.findall(text))


def _written(text: str, digits: str) -> str:
    """The digits, one by one and in its script, where those of ``text`` stand."""
    left = iter(digits)
    return _DIGITS.sub(lambda found: chr(ord(found[0]) - decimal(found[0]) + int(next(left))), text)


@lru_cache(maxsize=10_000)
def _is_valid(number: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(number))


def _is_emergency(digits: str, country: str) -> bool:
    """112 is nobody's, and who sees it shall know it."""
    return len(digits) == SHORTEST and shortnumberinfo.is_emergency_number(digits, country)


def _kind(number: PhoneNumber) -> tuple[object, ...]:
    """What routing, rules and normalisation see of a number."""
    return (
        phonenumbers.number_type(number),
        phonenumbers.region_code_for_number(number),
        phonenumbers.is_possible_number_with_reason(number),
        len(str(number.national_number)),
    )
