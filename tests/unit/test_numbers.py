"""Numbers become E.164, digits or nothing, whatever comes in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.telephony.numbers import is_country, normalise


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("+358401112223", "US", "+358401112223"),
        ("+358 40 111 2223", "US", "+358401112223"),
        ("040 111-2223", "FI", "+358401112223"),
        ("00358401112223", "FI", "+358401112223"),
        ("011358401112223", "US", "+358401112223"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("06 1234 5678", "IT", "+390612345678"),  # Italy keeps its zero
        ("101", "FI", "101"),
        ("20000", "FI", "20000"),
        ("112", "FI", "112"),
        ("99999999999999999999", "FI", "99999999999999999999"),
        ("+1", "US", None),
        ("+", "FI", None),
        ("", "FI", None),
        ("anonymous", "FI", None),
        ("Unknown", "FI", None),
        ("private", "FI", None),
        ("Restricted", "FI", None),
        ("1-800-FLOWERS", "US", None),
        ("٠٤٠١١١٢٢٢٣", "FI", None),
        ("+358401112223\r\nAction: Originate", "FI", None),
        ("+358401112223\n", "FI", None),
        ("${SHELL(id)}", "FI", None),
        ("\x00358401112223", "FI", None),
        ("\N{PILE OF POO}", "FI", None),
        ("9" * 4096, "FI", None),
        ("+358401112223;ext=5", "FI", None),
        ("0401112223", "nowhere", "0401112223"),
    ],
)
def test_a_number_is_read(written: str, country: str, expected: str | None) -> None:
    assert normalise(written, country) == expected


@given(
    st.one_of(st.text(), st.from_regex(r"[+0-9 ()./-]{0,45}")),
    st.sampled_from(["FI", "US", "IT", "KZ", "", "ZZ", "\x00"]),
)
def test_nothing_but_digits_comes_out(written: str, country: str) -> None:
    found = normalise(written, country)
    assert found is None or re.fullmatch(r"\+?[0-9]{1,40}", found)


def test_what_came_out_stays_as_it_is() -> None:
    assert normalise("+358401112223", "FI") == normalise("0401112223", "FI")


def test_countries_are_known() -> None:
    assert is_country("FI")
    assert not is_country("fi")
    assert not is_country("XX")
