"""How a stored call is named: by its id, enough of its beginning, or its case."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from ccgateway.errors import Refused
from ccgateway.postgres.calls import find_by_case, find_call
from ccgateway.postgres.pool import Pool


async def one_call(pool: Pool, name: str) -> UUID:
    """The id of the one call that is named so; a whole id is taken as it is, where no call has it.
    Raises Refused where there is none or several."""
    case = name.removeprefix("#")
    by_case = name != case and case.isdecimal()
    ids = await (find_by_case(pool, int(case)) if by_case else find_call(pool, name))
    if not ids and by_case:
        raise Refused(f"no call has the case {name}; `ccgateway call list` shows them")
    if not ids:
        with suppress(ValueError):
            return UUID(name)
        raise Refused(f"no call is or begins with {name!r}; `ccgateway call list` shows them")
    if len(ids) > 1:
        known = ", ".join(str(i)[:12] for i in ids)
        raise Refused(f"{len(ids)} calls are or begin with {name!r}: {known}; name one")
    return ids[0]
