"""What the commands share: options, exit codes, and how errors are said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import wraps
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import orjson
import typer

from ccgateway.cli.terminal import Terminal, harmless
from ccgateway.config import Config, load
from ccgateway.errors import (
    CcgError,
    ConfigError,
    NoGateway,
    PbxUnavailable,
    Refused,
    StoreUnavailable,
)

FAULT = 1
WRONG_CONFIG = 2
REFUSED = 3
UNREACHABLE = 4
EXIT_CODES = (
    "Exit codes: 0 done, 1 fault, 2 wrong usage or configuration, 3 refused, 4 unreachable."
)

DEFAULT_CONFIG = Path("/etc/ccgateway/ccgateway.toml")

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="CCGATEWAY_CONFIG",
        help="The TOML file.",
        show_default=str(DEFAULT_CONFIG),
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

MOST_HOURS = 100 * 366 * 24.0
"""A century: more than any record holds, and a time that calendars have."""

out = Terminal()
err = Terminal(stderr=True)

P = ParamSpec("P")
R = TypeVar("R")


def exit_code_of(error: CcgError) -> int:
    """Which exit code an error of ours means."""
    if isinstance(error, ConfigError):
        return WRONG_CONFIG
    if isinstance(error, PbxUnavailable | StoreUnavailable | NoGateway):
        return UNREACHABLE
    return REFUSED if isinstance(error, Refused) else FAULT


def command(work: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """Make an async function a command. One error of ours is its message on stderr (one line; a
    faulty configuration has one for each fault) and an exit code, also where task groups wrapped
    it. Whatever else is raised, or beside it, is a bug and keeps its traceback."""

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return asyncio.run(work(*args, **kwargs))
        except (CcgError, ExceptionGroup) as raised:
            error = _only_one_in(raised)
            if not isinstance(error, CcgError):
                raise
            err.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(exit_code_of(error)) from error
        except KeyboardInterrupt:
            raise typer.Exit(130) from None  # 128 + SIGINT, as shells have it

    # As help: each paragraph one line, for the terminal to break where it ends.
    paragraphs = cleandoc(work.__doc__ or "").split("\n\n")
    run.__doc__ = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return run


def _only_one_in(error: Exception) -> Exception:
    """The error that was raised, without the groups around it where it is alone in them."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def read(path: Path) -> Config:
    """The configuration at ``path``. Raises ConfigError."""
    return load(path)


def hours_ago(hours: float) -> datetime:
    """When the last so many hours began. Raises typer.BadParameter."""
    if not 0 <= hours <= MOST_HOURS:  # so "nan", which is a number to typer, is none
        raise typer.BadParameter(f"from 0 to {MOST_HOURS:.0f}", param_hint="--hours")
    return datetime.now(UTC) - timedelta(hours=hours)


def print_json(value: object) -> None:
    """One line of JSON on stdout."""
    text = orjson.dumps(value, default=str).decode()
    typer.echo(harmless(text))
