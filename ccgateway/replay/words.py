"""Other words in the place of people's, and the words that are nobody's.

A word becomes another of the same length and script, the same one everywhere; what stands between
words stays, for a quote or a sign that turns the direction of writing may be what went wrong.
"""

from __future__ import annotations

import unicodedata
from hashlib import shake_256

TRIES = 64

_LETTERS = {
    "LATIN": ("àáâãåæçèéêëìíîïðñòóôõöøùúûüýþ", "ÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ"),
    "CYRILLIC": ("абвгдежзийклмнопрстуфхцчшщ", "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩ"),
    "GREEK": ("αβγδεζηθικλμνξοπρστυφχψω", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"),
    "ARABIC": ("ابتثجحخدذرزسشصضطظعغفقكلمنهوي",) * 2,
    "HEBREW": ("אבגדהוזחטיכלמנסעפצקרשת",) * 2,
    "CJK": ("一丁七三上下不且世丘丙中丸主久乎也了事二五井亡交人",) * 2,
}
"""Small and capital letters of a script; those of others are written with CJK's."""

_ASCII = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SIGNS = "★☆☀☁☂☃♠♣♥♦♪♫"
"""In the place of a sign that stands for something: a name may be of these alone."""


def is_of_word(char: str) -> bool:
    """Whether it can be a part of what somebody is called: letters, digits, signs, and what no
    standard names."""
    return unicodedata.category(char)[0] in "LN" or unicodedata.category(char) in {
        *("So", "Co", "Cn", "Cs", "Mn", "Mc", "Me"),
    }


class Words:
    """``secret`` decides which becomes which. First ``learn`` all that there are."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._seen: set[str] = set()
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def learn(self, word: str) -> None:
        """There is this word."""
        self._seen.add(word.casefold())

    def masked(self, word: str) -> str:
        """The other word."""
        if word not in self._given:
            self._given[word] = made = self._made(word)
            self._taken.add(made)
        return self._given[word]

    def _made(self, word: str) -> str:
        """One that is free; a word so short that none is gets longer."""
        for attempt in range(2 * TRIES):
            longer = max(attempt - TRIES, 0) // 8
            other = self._drawn(word, attempt, longer)
            if other not in self._taken and other.casefold() not in self._seen:
                return other
        return other

    def _drawn(self, word: str, attempt: int, longer: int) -> str:
        stretched = word + "x" * longer
        label = f"{word}/{attempt}".encode("utf-8", "surrogatepass")
        stream = shake_256(self._secret + label).digest(2 * len(stretched))
        pairs = (int.from_bytes(stream[i : i + 2], "big") for i in range(0, len(stream), 2))
        return "".join(map(_like, stretched, pairs))


def _like(char: str, number: int) -> str:
    """A character of the same kind."""
    if char.isascii() and char.isalpha():
        few = _ASCII[char.isupper()]
    elif char.isdecimal():  # in the digits of its own script
        zero = ord(char) - unicodedata.decimal(char)
        return chr(zero + number % 10)
    elif char.isalpha():
        script = unicodedata.name(char, "").partition(" ")[0]
        few = _LETTERS.get(script, _LETTERS["CJK"])[char.isupper()]
    elif unicodedata.category(char)[0] == "M":  # an accent on what is before it
        return char
    else:
        few = _SIGNS
    return few[number % len(few)]
