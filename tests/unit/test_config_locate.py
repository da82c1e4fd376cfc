"""The locator names the keys that tomllib reads, on the lines where they stand."""

from __future__ import annotations

import tomllib
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccgateway.config.locate import Path, locate

KEYS = ["a", "b", "c-1", "0", '"a.b"', "'x\"y'", '""', '"é\\t\\u0041"', "'#'", "'['"]
MARK = "mark"
BLANKS = ["", " ", "# [no] = 'table'\n", "\n\n", "\r\n"]
TEXTS = [
    '"]#\\"}"',
    "'\\'",
    '"""\n[x]\n = "a" \\" \\\\"""',
    '"""a""""',
    "'''\n]\n'''''",
    "1979-05-27 07:32:00",
    "-1e3",
    "true",
]

key = st.lists(st.sampled_from(KEYS), min_size=1, max_size=3).map(" . ".join)
leaf = st.one_of(st.just(MARK), st.sampled_from(TEXTS))
gap = st.sampled_from(BLANKS)


def _lists(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(gap, value, gap), max_size=3)
    return items.map(lambda found: "[" + ",".join(map("".join, found)) + "]")


def _tables(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(key, value).map(" = ".join), max_size=3)
    return pairs.map(lambda found: "{ " + ", ".join(found) + " }")


value = st.recursive(leaf, lambda inner: st.one_of(_lists(inner), _tables(inner)), max_leaves=5)
statement = st.one_of(
    st.tuples(key, value).map(" = ".join),
    key.map(lambda name: f"[ {name} ]"),
    key.map(lambda name: f"[[{name}]]  # comment"),
    st.sampled_from(["", "  # comment ' \""]),
)


def _paths(data: object, path: Path = ()) -> dict[Path, object]:
    found: dict[Path, object] = {path: data} if path else {}
    if isinstance(data, dict):
        inner = list(data.items())
    elif isinstance(data, list):
        inner = list(enumerate(data))
    else:
        inner = []
    for part, item in inner:
        found |= _paths(item, (*path, part))
    return found


@given(st.lists(statement, max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_all_keys_are_found_where_they_stand(statements: list[str], newline: str) -> None:
    numbers = count(1_000_000)
    text = newline.join(statements)
    while MARK in text:
        text = text.replace(MARK, str(next(numbers)), 1)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    expected = _paths(data)
    lines = locate(text)
    assert not lines.doubled
    assert set(lines.at) == set(expected)
    for path, item in expected.items():
        if type(item) is int and str(item) in text:
            assert lines.at[path] == text[: text.index(str(item))].count("\n") + 1


def test_every_line_of_a_file() -> None:
    lines = locate(
        '[agi]\nport = 1\n\n[[node]]\nname = "a"\n'
        "[[node]]\nx.y = 3\n[node.z]\nl = [\n 1, # one\n 2]\n"
    )
    assert lines.at == {
        ("agi",): 1,
        ("agi", "port"): 2,
        ("node",): 4,
        ("node", 0): 4,
        ("node", 0, "name"): 5,
        ("node", 1): 6,
        ("node", 1, "x"): 7,
        ("node", 1, "x", "y"): 7,
        ("node", 1, "z"): 8,
        ("node", 1, "z", "l"): 9,
        ("node", 1, "z", "l", 0): 10,
        ("node", 1, "z", "l", 1): 11,
    }
    assert lines.of(("node", 1, "z", "missing")) == 8
    assert lines.of(("http", "token")) is None


@pytest.mark.parametrize("text", ["[", "a = ", "a = [1", "a b", "\x00", "a = " + "[" * 100_000])
def test_what_is_no_toml_does_no_harm(text: str) -> None:
    locate(text)


@given(st.text(alphabet="ab=.[]{}'\"\\#\n, 1"))
def test_no_text_does_harm(text: str) -> None:
    locate(text)


def test_both_places_of_a_doubled_key_are_told() -> None:
    doubled = locate("a = 1\nb = 2\na = 3\n[t]\n[t]\n").doubled
    assert [(d.path, d.line, d.first) for d in doubled] == [(("a",), 3, 1), (("t",), 5, 4)]
