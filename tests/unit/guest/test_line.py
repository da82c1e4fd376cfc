"""Our line goes into a file and comes out again, and nothing else in it changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ccgateway.guest.line import is_in, line_of, put_in, take_out

LINE = line_of("manager.conf").encode()
ANY = st.binary().filter(lambda text: not is_in(text))


@given(ANY)
def test_what_went_in_comes_out(text: bytes) -> None:
    assert take_out(put_in(text, "manager.conf")) == text


@given(ANY)
def test_put_in_twice_is_put_in_once(text: bytes) -> None:
    once = put_in(text, "manager.conf")
    assert put_in(once, "manager.conf") == once


@given(ANY)
def test_without_our_line_nothing_changes(text: bytes) -> None:
    assert take_out(text) == text


def test_it_is_the_last_line() -> None:
    assert put_in(b"[general]\n", "manager.conf") == b"[general]\n" + LINE + b"\n"


def test_it_never_runs_into_the_line_before() -> None:
    assert put_in(b"[general]", "manager.conf") == b"[general]\n" + LINE


def test_a_file_that_was_not_there_is_gone_again() -> None:
    assert take_out(put_in(None, "cel_custom.conf")) is None


def test_what_was_written_into_a_file_of_ours_stays() -> None:
    made = put_in(None, "cel_custom.conf")
    assert take_out(made + b"[mappings]\n") == b"[mappings]\n"


def test_lines_added_around_it_stay() -> None:
    text = put_in(b"a = 1", "manager.conf") + b"\nb = 2\n"
    assert take_out(b"; mine\n" + text) == b"; mine\na = 1\nb = 2\n"


def test_an_editor_that_writes_cr_and_lf_changes_nothing() -> None:
    text = put_in(b"a = 1\n", "manager.conf").replace(b"\n", b"\r\n")
    assert take_out(text) == b"a = 1\r\n"


def test_an_include_of_ours_by_hand_is_no_line_of_ours() -> None:
    text = b"#include ccgateway/manager.conf\n"
    assert take_out(text) == text
