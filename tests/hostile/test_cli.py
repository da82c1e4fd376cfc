"""Hostile arguments: each command ends by itself, with an exit code of its own and no traceback."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from ccgateway.cli.arguments import LONGEST_ARGUMENT, MOST_ARGUMENTS, fault_in
from ccgateway.cli.main import COMMANDS, app
from tests.hostile.texts import ACTS, INJECTIONS, PLAIN

VALUES = {
    "injections": " ".join(PLAIN.values()),
    "empty": "",
    "long": "x" * LONGEST_ARGUMENT,
    "digits": "9" * 300,
    "nan": "nan",
    "huge": "1e308",
    "option": "--version",
    "case": "#" + "9" * 300 + "☎",
}
"""The control characters do not come so far: see ``test_what_is_let_in``."""

NEEDED = {
    "agent": "101",
    "to": "0401112223",
    "call": "00000000",
    "text": "a note",
    "number": "+358401112223",
    "client": "oilco",
    "name": "Station",
    "node": "pbx1",
    "role": "supervisor",
    "token": "nobody",
    "file": "/nowhere/x",
    "token_file": "/nowhere/x",
}
PLACES = ("config", "etc", "root")
"""Options that are given though no command needs them: where all is the test's own."""

UNTOUCHED = {"demo", "run", "web"}
"""They start what does not end; their file is read as every command's is."""


def commands() -> Iterator[tuple[str, list[Any]]]:
    """Every command's words, and its parameters."""

    def walk(command: Any, words: str) -> Iterator[tuple[str, list[Any]]]:
        if not hasattr(command, "list_commands"):
            yield words, command.params
            return
        for name in command.list_commands(None):
            yield from walk(command.get_command(None, name), f"{words} {name}".strip())

    return walk(typer.main.get_command(app), "")


def values_of(parameters: list[Any]) -> Iterator[Any]:
    """The parameters that take a value."""
    for parameter in parameters:
        if parameter.name != "help" and not getattr(parameter, "is_flag", False):
            yield parameter


OF_POSTGRES = {"audit", "call", "capture", "customer", "replay", "token"}
"""The commands that ask it with what they are given."""

SAME_EVERYWHERE = ("config", "url")
"""Options that one function reads for all commands: one command tries them."""

CASES = [
    (words, parameter.name)
    for words, parameters in commands()
    if words not in UNTOUCHED
    for parameter in values_of(parameters)
    if parameter.name not in SAME_EVERYWHERE or words == "tail"
]


def line_of(words: str, name: str, value: str, given: dict[str, str]) -> list[str]:
    """The command with ``value`` for one parameter, and what it needs for the others."""
    options, arguments = [], []
    for parameter in values_of(dict(commands())[words]):
        mine = parameter.name == name
        if not mine and not parameter.required and parameter.name not in PLACES:
            continue
        text = value if mine else given[parameter.name]
        if parameter.param_type_name == "argument":
            arguments.append(text)
        else:
            options += [f"{parameter.opts[0]}={text}"]
    return [*words.split(), *options, "--", *arguments]


def test_each_command_is_tried() -> None:
    assert {words.split()[0] for words, _ in commands()} == {*COMMANDS}


@pytest.mark.parametrize(("words", "name"), CASES)
def test_no_value_breaks_a_command(
    words: str, name: str, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some are files to write
    given = given_in(config, tmp_path)
    for kind, value in VALUES.items():
        told = CliRunner().invoke(app, line_of(words, name, value, given))
        assert told.exception is None or isinstance(told.exception, SystemExit), (kind, told)
        assert told.exit_code in range(5), (kind, told.output)
        assert told.exit_code == 0 or told.output, kind
        assert not ACTS & set(told.output), (kind, told.output)


def given_in(config: Path, folder: Path) -> dict[str, str]:
    """What commands need, in the test's own folder."""
    return NEEDED | {"config": str(config), "etc": str(folder), "root": str(folder)}


def test_the_tables_are_there_still(config: Path, tmp_path: Path, dsn: str) -> None:
    """SQL in any parameter of a command that asks PostgreSQL."""
    given = given_in(config, tmp_path)
    for words, name in CASES:
        if words.split()[0] in OF_POSTGRES:
            CliRunner().invoke(app, line_of(words, name, INJECTIONS["sql"], given))

    async def calls() -> int:
        connection = await asyncpg.connect(dsn)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM calls"))
        finally:
            await connection.close()

    assert asyncio.run(calls()) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x" * (LONGEST_ARGUMENT + 1)], "argument 1 is longer"),
        (["x"] * (MOST_ARGUMENTS + 1), "more than"),
        (["call", "show", "\x1b[2J"], "argument 3 is to be"),
        (["call", "show", "\udcff"], "argument 3 is to be"),
        (["tail", "--\u202eevil"], "argument 2 is to be"),
        *((["customer", "list", text], "") for text in PLAIN.values()),
        *((["x", text], "argument 2") for text in INJECTIONS.values() if not text.isprintable()),
    ],
)
def test_what_is_let_in(arguments: list[str], said: str) -> None:
    fault = fault_in(arguments)
    assert fault.startswith(said) if said else not fault
    assert fault.isprintable()


async def said_by(*words: str | bytes, **environ: str) -> tuple[int, bytes]:
    """Exit code, and all that the command wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ccgateway", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | environ,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said


@pytest.mark.parametrize("evil", [b"\x1b[2J", b"\xff\xfe", b"a\nb", "\u202e".encode()])
async def test_it_is_refused_before_any_command_reads_it(evil: bytes) -> None:
    code, said = await said_by("call", "show", evil)
    assert code == 2
    assert said.startswith(b"argument 3 is to be ")
    assert evil not in said
    assert said.count(b"\n") == 1


async def test_a_terminal_of_another_encoding_shows_what_it_can(config: Path) -> None:
    words = ("customer", "set", "+358401112229", "--client", "oilco", "--name", "Zoë 🦊")
    code, said = await said_by(*words, "-c", str(config), PYTHONIOENCODING="ascii")
    assert (code, b"Zo\\xeb \\U0001f98a" in said) == (0, True), said
