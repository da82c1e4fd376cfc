"""Text with ``@{name}`` places (``${...}`` is the dialplan's own, ``[...]`` is SIPp's)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ccgateway.errors import CcgError

_PLACE = re.compile(r"@\{(\w+)\}")


class EmptyPlace(CcgError):
    """A place in a template has no value."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the places. Raises EmptyPlace for a name that nobody gave."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise EmptyPlace(f"@{{{found[1]}}} in a template has no value")
        return values[found[1]]

    return _PLACE.sub(value, text)
