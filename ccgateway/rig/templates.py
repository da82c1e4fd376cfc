"""Text with ``@{name}`` places (``${...}`` is the dialplan's own, ``[...]`` is SIPp's)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ccgateway.rig.errors import RigError

_PLACE = re.compile(r"@\{(\w+)\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the places. Raises RigError for a name that nobody gave."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise RigError(f"@{{{found[1]}}} in a template has no value")
        return values[found[1]]

    return _PLACE.sub(value, text)
