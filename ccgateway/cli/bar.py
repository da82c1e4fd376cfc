"""How far long work is: a bar on stderr, where that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ccgateway.cli.common import err

T = TypeVar("T")
Moved = Callable[[float], None]


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Moved]:
    """What it gives is told of each step, by how much. ``total`` None: nobody knows how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal
    ) as bar:
        yield partial(bar.advance, bar.add_task(what, total=total))


def counted(things: Iterable[T], moved: Moved) -> Iterator[T]:
    """The things, each a step."""
    for one in things:
        moved(1)
        yield one
