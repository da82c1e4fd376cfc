"""However somebody writes a number, it is another, and the same one."""

from __future__ import annotations

import re
from textwrap import wrap

import pytest

from ccgateway.replay.mask import Mask

APART = [
    *(
        "",
        " ",
        "    ",
        "\u00a0",
        "\u202f",
        "-",
        "\u2011",
        "\u2013",
        "_",
        ",",
        ", ",
        ":",
        ".",
        "/",
        "\t",
    ),
    *("\n", "\u202e", "\u200b", "·", "'"),
]
IN_PIECES = [
    *(one for one in APART if one != "."),
    " x ",
    " and ",
    "★",
    "; and then ",
    "a",
    "\0",
    "=",
    " " * 20,
]


def masked(*texts: str, country: str = "FR", secret: bytes = b"a secret") -> list[str]:
    mask = Mask(secret, country)
    for text in texts:
        mask.text(text)
    mask.begin()
    return [mask.text(text) for text in texts]


def digits_of(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("apart", IN_PIECES, ids=ascii)
def test_a_number_in_pieces_is_another(apart: str, size: int) -> None:
    """Two of ten digits may be where it begins, or each piece of three."""
    number = "0612345678"
    text = f"call {apart.join(wrap(number, size))} back"
    others = [digits_of(masked(text, secret=bytes([n]))[0]) for n in range(15)]
    assert {len(other) for other in others} == {len(number)}
    changed = [len({other[at] for other in others}) > 1 for at in range(len(number))]
    assert sum(changed) >= 6
    assert number not in others


def test_a_number_in_words_is_not_told_by_its_pattern() -> None:
    """The same digit is not the same again, where digits of one text may be a number."""
    others = {
        digits_of(masked("0 x 4 x 0 x 1 x 1 x 1 x 2 x 2", secret=bytes([n]))[0]) for n in range(9)
    }
    assert any(other[0] != other[2] for other in others)
    assert any(other[3] != other[4] for other in others)


@pytest.mark.parametrize("apart", APART, ids=ascii)
def test_a_number_is_the_same_whatever_stands_between_its_digits(apart: str) -> None:
    whole, in_pairs, beside = masked(
        "+33612345678",
        f"(call {apart.join(wrap('0612345678', 2))})",
        f"0612345678, 0698765432{apart or ' '}10.1.2.3",
    )
    assert digits_of(in_pairs) == "0" + whole.removeprefix("+33")
    assert digits_of(beside).startswith(digits_of(in_pairs))
    assert whole != "+33612345678"


def test_numbers_in_a_list_are_each_the_same() -> None:
    one, two, three, four, said, lines = masked(
        *("0612345678", "0698765432", "1042", "10.20.30.40"),
        "0612345678 / 06 98 76 54 32; 1042, sip:0612345678@10.20.30.40:5060",
        "0612345678\n0698765432\n1042",
    )
    assert re.findall(r"[0-9]{10}", said) == [one, one]
    assert two == digits_of(said.partition(";")[0])[10:]
    assert three in said
    assert four in said
    assert lines.splitlines() == [one, two, three]
