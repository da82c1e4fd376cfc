"""Blocked numbers: whole ones, and prefixes. Pure."""

from __future__ import annotations

from collections.abc import Collection

ANY_MORE = "*"
"""Ends a prefix: ``+358100*`` is every number that begins so."""


def blocks(blocked: Collection[str], number: str) -> bool:
    """Whether ``number`` (E.164) is one of a set of numbers and prefixes. A look-up for each of its
    digits, however many are blocked."""
    if number in blocked:
        return True
    return any(f"{number[:length]}{ANY_MORE}" in blocked for length in range(2, len(number) + 1))
