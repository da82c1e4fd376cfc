"""What the code itself rules out, for every door at once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import ccgateway

PACKAGE = Path(ccgateway.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
SHELLS = {
    "system", "popen", "create_subprocess_shell", "getoutput", "getstatusoutput", "shell=",
}  # fmt: skip
PROGRAMS = {"subprocess", "create_subprocess_exec", "execv", "execvp", "spawn"}
RUNS = {
    "check": "asterisk -rx and the clock's own tool, with words of ours",
    "guest": "asterisk -rx, with words of ours",
    "postgres": "PostgreSQL's own programs",
    "rig": "the simulated world",
}
"""Rooms that start programs at all, and which."""

OWN_WORDS = {"cli/common.py", "cli/main.py", "cli/reload.py", "cli/token.py"}
"""What prints without ``cli.terminal.Terminal``: a version, a token, and JSON made harmless."""

OBJECTS = {"pickle", "marshal", "shelve"}
"""They make objects of what is read."""


def names(tree: ast.AST) -> Iterator[str]:
    """The names that are imported or called, by their last part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call):
            called = node.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            yield from (
                f"{word.arg}="
                for word in node.keywords
                if not (isinstance(word.value, ast.Constant) and word.value.value is False)
            )


def users_of(words: set[str], but: Iterable[str] = ()) -> list[str]:
    """The modules outside these rooms that import or call one of them."""
    inside = {module: module.relative_to(PACKAGE) for module in MODULES}
    return [
        str(place)
        for module, place in inside.items()
        if place.parts[0] not in but and set(names(ast.parse(module.read_text()))) & words
    ]


def test_nothing_goes_to_a_shell() -> None:
    assert users_of(SHELLS) == []
    assert users_of(PROGRAMS, but=RUNS) == []


def test_nothing_is_evaluated() -> None:
    assert users_of({"eval", "exec"} | OBJECTS) == []


def test_asterisks_journal_is_the_only_csv_door() -> None:
    """Who opens another writes its row in table.py first. (The rig reads its own Asterisk's.)"""
    assert users_of({"csv"}, but={"rig"}) == ["journal/lines.py"]


def test_commands_write_to_terminals_by_one_way() -> None:
    """The other prints whatever it is given; ruff keeps out Python's own print. The rig tells
    developers what it made up itself; a table that lays itself out is given one."""
    assert set(users_of({"echo", "secho"}, but={"rig"})) == OWN_WORDS
    assert users_of({"Console"}, but={"rig", "check"}) == ["cli/calls_table.py", "cli/terminal.py"]


def test_these_names_are_found_where_they_are() -> None:
    assert users_of({"subprocess"})
    assert users_of(PROGRAMS)
