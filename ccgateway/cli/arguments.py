"""The edge of the command line: which arguments are let in at all."""

from __future__ import annotations

from collections.abc import Iterable

from ccgateway.config.words import free_text

MOST_ARGUMENTS = 1_000
"""``init`` with some hundred numbers and phones has the most."""

LONGEST_ARGUMENT = 4_096
"""Characters. The longest is a file's path (PATH_MAX); a note has 500."""


def fault_in(arguments: Iterable[str]) -> str:
    """What is wrong with the first wrong one, which is not repeated: it may hold what acts on a
    terminal. '' where all may pass."""
    for place, argument in enumerate(arguments, 1):
        if place > MOST_ARGUMENTS:
            return f"more than {MOST_ARGUMENTS} arguments"
        if len(argument) > LONGEST_ARGUMENT:
            return f"argument {place} is longer than {LONGEST_ARGUMENT} characters"
        try:
            free_text(argument)
        except ValueError as error:
            return f"argument {place} is to be {error}, in UTF-8"
    return ""
