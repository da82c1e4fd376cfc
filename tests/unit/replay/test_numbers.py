"""Other numbers in the place of people's: of the same kind, everywhere the same."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.replay.numbers import Numbers
from ccgateway.telephony.numbers import normalise

SECRET = b"a secret of the test"

FORMS = {
    "+358401112223": [
        "+358401112223",
        "00358401112223",
        "358401112223",
        "0401112223",
        "040 111 2223",
    ],
    "+358942454000": ["+358942454000", "0942454000", "(09) 4245-4000"],
}


def masking(*texts: str, country: str = "FI", secret: bytes = SECRET) -> Numbers:
    numbers = Numbers(secret, country)
    for text in texts:
        numbers.learn(text)
    return numbers


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@pytest.mark.parametrize("number", FORMS)
def test_a_number_stays_one_number_however_it_is_written(number: str) -> None:
    forms = FORMS[number]
    numbers = masking(*forms)
    others = [numbers.masked(form) for form in forms]
    assert {normalise(other, "FI") for other in others} == {normalise(others[0], "FI")}
    assert normalise(others[0], "FI") != number
    for form, other in zip(forms, others, strict=True):
        assert re.sub(r"\d", "9", other) == re.sub(r"\d", "9", form)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+358401112223", "FI"),  # mobile
        ("+358942454000", "FI"),  # fixed
        ("+358800123456", "FI"),  # toll-free
        ("+3586001234", "FI"),  # premium rate
        ("+12125551234", "US"),
        ("+16135550123", "US"),  # of Canada, which shares the country code
        ("+390612345678", "IT"),  # its zero is part of the number
        ("+4915112345678", "DE"),
        ("+442071838750", "GB"),
    ],
)
@pytest.mark.parametrize("round_", range(5))
def test_it_keeps_length_country_type_and_beginning(number: str, country: str, round_: int) -> None:
    other = masking(number, country=country, secret=SECRET + bytes([round_])).masked(number)
    theirs, ours = phonenumbers.parse(number), phonenumbers.parse(other)
    assert other != number
    assert len(other) == len(number)
    assert ours.country_code == theirs.country_code
    assert phonenumbers.region_code_for_number(ours) == phonenumbers.region_code_for_number(theirs)
    assert phonenumbers.number_type(ours) == phonenumbers.number_type(theirs)
    assert phonenumbers.is_valid_number(ours) == phonenumbers.is_valid_number(theirs)
    beginning = len(str(theirs.country_code)) + 3
    assert other[:beginning] == number[:beginning]


def test_a_number_behind_a_houses_prefix_is_the_same_number() -> None:
    numbers = masking("+358401112223", "5100401112223")
    other = numbers.masked("+358401112223")
    assert numbers.masked("5100401112223") == "5100" + other.removeprefix("+358")


def test_zeros_at_its_beginning_are_digits_as_others() -> None:
    """All but the last four may stay, and no more."""
    others = [masking("000000080", secret=bytes([n])).masked("000000080") for n in range(9)]
    assert len({other[:-2] for other in others}) > 1
    assert all(other.startswith("000") and len(other) == 9 for other in others)


def test_extensions_keep_their_first_digit_and_stay_apart() -> None:
    extensions = [str(number) for number in range(100, 180)]
    numbers = masking(*extensions)
    others = [numbers.masked(one) for one in extensions]
    assert len(set(others)) == len(extensions)
    assert {len(other) for other in others} == {3}
    kept = sum(one[0] == other[0] for one, other in zip(extensions, others, strict=True))
    assert kept >= 20  # a hundred begin with 1, and eighty of them are somebody's


def test_even_where_all_of_a_length_are_there_they_stay_apart() -> None:
    every = [f"{number:03}" for number in range(1000)]
    numbers = masking(*every)
    assert len({numbers.masked(one) for one in every}) >= 990  # 112 and the like stay


@pytest.mark.parametrize("text", ["112", "*", ""])
def test_emergency_numbers_stay(text: str) -> None:
    assert masking(text).masked(text) == text


@pytest.mark.parametrize("length", [1, 2])
def test_one_digit_or_two_are_others_and_stay_apart(length: int) -> None:
    """Also where all of them are there."""
    every = [f"{number:0{length}}" for number in range(10**length)]
    for some in (every[:5], every):
        numbers = masking(*some)
        others = [numbers.masked(one) for one in some]
        assert len(set(others)) == len(some)
        same = sum(one == other for one, other in zip(some, others, strict=True))
        assert same <= 1  # the last has no choice


def test_digits_are_the_same_in_every_script() -> None:
    arabic = "".join(chr(0x660 + int(digit)) for digit in "0401112223")
    numbers = masking("0401112223", arabic)
    other = "".join(str(unicodedata.decimal(char)) for char in numbers.masked(arabic))
    assert numbers.masked("0401112223") == other != "0401112223"


def test_another_secret_makes_other_numbers() -> None:
    made = {masking("+358401112223", secret=bytes([i])).masked("+358401112223") for i in range(20)}
    assert len(made) == 20


@given(
    st.lists(st.from_regex(r"\+?[0-9]{4,25}", fullmatch=True), min_size=2, max_size=8, unique=True)
)
def test_whatever_the_digits_length_and_difference_stay(texts: list[str]) -> None:
    numbers = masking(*texts)
    others = [numbers.masked(text) for text in texts]
    for text, other in zip(texts, others, strict=True):
        assert len(other) == len(text)
        assert other.startswith("+") == text.startswith("+")
    for (one, other), (two, another) in pairwise(zip(texts, others, strict=True)):
        if digits(one) != digits(two) and normalise(one, "FI") != normalise(two, "FI"):
            assert other != another


@given(st.from_regex(r"\+?[0-9]{7,25}", fullmatch=True))
def test_no_number_comes_out_as_itself(text: str) -> None:
    other = masking(text).masked(text)
    assert digits(other) != digits(text)
