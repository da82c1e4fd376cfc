"""What ``init`` and ``uninstall`` share: their options, and how a plan is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.cli.common import FAULT, err, out
from ccgateway.guest.asterisk import Asterisk
from ccgateway.guest.fault import GuestFault
from ccgateway.guest.plan import Change, Plan
from ccgateway.guest.reload import reload as told

EtcOption = Annotated[
    Path | None,
    typer.Option(help="Asterisk's configuration; else found.", show_default="/etc/asterisk"),
]
RootOption = Annotated[
    Path, typer.Option(help="Where Asterisk's / is: of a chroot, or a container's files.")
]
ApplyOption = Annotated[bool, typer.Option("--apply", help="Write it.")]
ReloadOption = Annotated[
    bool, typer.Option("--reload", help="Then let Asterisk read it, by asterisk -rx.")
]


@contextmanager
def readable() -> Iterator[None]:
    """A file or folder that may not be read is the administrator's to mend."""
    try:
        yield
    except OSError as error:
        raise GuestFault(
            f"{error.filename}: cannot be read: {error.strerror}; run this as root"
        ) from error


def show(plan: Plan, asterisk: Asterisk) -> None:
    """Say what the plan does: a line a file, and one for all that are ours."""
    if plan.is_empty:
        say(f"{asterisk.etc}: everything is as it shall be; nothing to do")
    ours = [change for change in plan.changes if change.path.parent == asterisk.ours]
    for sign, count in sorted(Counter(map(_sign, ours)).items()):
        files = "1 file" if count == 1 else f"{count} files"
        say(f"{sign} {asterisk.ours}/  ({files} of ccgateway's own)")
    for change in plan.changes:
        if change not in ours:
            say(f"{_sign(change)} {change.path}  ({change.why})")
    for folder in plan.new_folders:
        say(f"+ {folder}/  (a folder)")
    for note in plan.notes:
        out.print(f"! {note}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """A line as it is, however long."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def _sign(change: Change) -> str:
    """+ a new file, ~ one that changes, - one that goes."""
    if change.after is None:
        return "-"
    return "+" if change.is_new else "~"


def tell_asterisk(asterisk: Asterisk, plan: Plan, *, reload: bool) -> None:
    """Let Asterisk read what was written, or say how. Exit code 1 where it could not."""
    if not plan.reloads:
        return
    if not reload:
        say("Done. Asterisk does not know it yet; tell it so, or use --reload:")
        _list(plan.reloads)
        return
    answers = told(asterisk, plan.reloads)
    for answer in answers:
        if not answer.done:
            err.print(f"asterisk -rx '{answer.command}': {answer.said}", style="red", markup=False)
    if not all(answer.done for answer in answers):
        say("Done, but Asterisk could not read all of it; when that is mended, tell it so:")
        _list(plan.reloads)
        raise typer.Exit(FAULT)
    say("Done, and Asterisk has read it.")


def _list(commands: Iterable[str]) -> None:
    for command in commands:
        say(f'  asterisk -rx "{command}"')
