"""Transfers by the phone's own button: REFER (RFC 3515), with Replaces to join two calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccgateway.rig.phone.story import What
from ccgateway.rig.waiting import until

if TYPE_CHECKING:  # a call transfers, and a transfer is of calls
    from ccgateway.rig.phone.call import Call

FAILURE = 300


async def blind(call: Call, target: str, within: float) -> int:
    """REFER to an extension or URI; see ``Call.refer``."""
    uri = target if target.startswith("sip:") else f"sip:{target}@{call.line.server}"
    status = await _refer(call, f"<{uri}>", within)
    if status < FAILURE:
        await call.hang_up()
    return status


async def attended(call: Call, other: Call, within: float) -> int:
    """REFER to the other call's other side, in its place; see ``Call.attended``."""
    status = await _refer(call, f"<{other.dialog.replaces}>", within)
    if status < FAILURE:
        for one in (call, other):
            await one.hang_up()
    return status


async def _refer(call: Call, target: str, within: float) -> int:
    """Send it, and wait for what its NOTIFYs tell. The PBX may hang up at once instead."""
    line = call.line
    by = ("Referred-By", f"<sip:{line.user}@{line.server}>")
    refer = call.dialog.request("REFER", (("Refer-To", target), by, line.contact))
    call.refer_progress = ""
    call.note(What.REFER_SENT, target)
    answer = await line.wire.ask(refer)
    if answer.status >= FAILURE:
        return answer.status

    def outcome() -> int:
        found = re.match(r"SIP/2\.0 (\d{3})", call.refer_progress)
        told = int(found[1]) if found else 0
        if told >= 200 or call.is_over:  # noqa: PLR2004 -- final ones
            return told or answer.status
        return 0

    return await until(outcome, f"{call} is transferred", seconds=within)
