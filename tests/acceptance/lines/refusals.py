"""The table of what can go wrong when a call is passed on, and what then must be true."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ccgateway.calls.call import Disposition, EscalationEnd, Mode, VisitEnd
from tests.acceptance.lines.lane import Who

FIRST, SPARE, SECOND, VENDOR = Who.FIRST, Who.SPARE, Who.SECOND, Who.VENDOR
GONE, NOBODY = Who.CUSTOMER, Who.NOBODY
"""GONE, where a row says whom the caller hears at last: he hung up himself."""


class Way(Enum):
    """How the call is passed on: who does it, by which keys or (REFER) to which number, and whom
    he thereby asks."""

    COLD = (FIRST, "*22", "", SECOND)
    WARM = (FIRST, "*32", "", SECOND)
    NEXT_TIER = (FIRST, "*21", "", SECOND)
    OUTSIDE = (FIRST, "*24", "", VENDOR)
    OUTSIDE_WARM = (FIRST, "*34", "", VENDOR)
    STANDBY = (FIRST, "*26", "", NOBODY)  # on call on another day only
    STANDBY_WARM = (FIRST, "*36", "", NOBODY)
    TILLS_WARM = (FIRST, "*33", "", SECOND)
    TO_VENDOR = (FIRST, "*23", "", SECOND)  # nobody at second line: the vendor
    TO_FIRST = (FIRST, "*25", "", SECOND)  # nobody at second line: first line
    BACK = (SECOND, "*20", "", FIRST)  # after first line had passed him on
    BLIND = (FIRST, "", "22", SECOND)  # the phone's own button
    BLIND_OUTSIDE = (FIRST, "", "24", VENDOR)
    BLIND_NOWHERE = (FIRST, "", "77", NOBODY)

    @property
    def by(self) -> Who:
        return self.value[0]

    @property
    def keys(self) -> str:
        return self.value[1]

    @property
    def number(self) -> str:
        return self.value[2]

    @property
    def to(self) -> Who:
        """Who is asked."""
        return self.value[3]

    @property
    def is_warm(self) -> bool:
        return self.keys.startswith("*3")


class What(Enum):
    """What happens then. "He" is who is asked, "they" are all who are named."""

    RINGS_ON = "he does not answer"
    BUSY = "his phone is busy, or in do-not-disturb"
    REJECTS = "he hears it ring, and rejects it each time"
    UNREACHABLE = "his phone has left the PBX, his number is unknown"
    SILENT = "nothing answers for his number"
    NOBODY = "he is not logged in"
    CALLER_LEAVES = "the caller hangs up while it rings"
    CALLER_LEAVES_TALK = "the caller hangs up on hold, while the two consult"
    AGENT_LEAVES = "who passes on hangs up while it rings"
    NEXT_LEAVES_TALK = "he hangs up in the consultation"
    TAKEN_BACK = "he answers, and the agent takes the caller back (*1)"
    BOTH_LEAVE = "the caller and who passes on hang up at once while it rings"
    BOTH_LEAVE_TALK = "the caller and whom he has now hang up at once"
    CALLER_AND_AGENT = "the caller and who passes on hang up at once in the consultation"
    CALLER_AND_NEXT = "the caller and he hang up at once in the consultation"
    AGENTS_LEAVE = "the two agents hang up at once in the consultation"
    AGENT_UNREACHABLE = "he does not answer, and the agent's phone has left meanwhile"
    AGENT_BUSY = "he does not answer, and the agent's phone is in do-not-disturb"
    AGENT_RINGS_ON = "he does not answer, and nor does the agent when the caller comes back"
    SPARE_COMES = "he does not answer, and a colleague logs in"
    NOBODY_THERE = "he is not logged in, and the vendor is busy"
    NOTHING = "there is no such number, or nobody is on call"


Passed = tuple[Mode, Who, str, int | None, EscalationEnd, Who]
"""mode, by, to, tier, end, agent"""
Stay = tuple[str, int, VisitEnd, Who]
"""queue (first or second; fallback), tier, end, agent"""


@dataclass(frozen=True, slots=True)
class Row:
    """A case: what happens, whom the caller hears at last, and the record. ``blinks``: between may
    be a talk of some milliseconds with somebody who was just hanging up; where that was the one
    who passed him on, he had taken the caller back."""

    name: str
    way: Way
    what: What
    ends: Who
    passed: tuple[Passed, ...]
    visits: tuple[Stay, ...]
    talks: tuple[Who, ...]
    disposition: Disposition = Disposition.ANSWERED
    blinks: bool = False


COLD, WARM, BACK, BLIND = Mode.COLD, Mode.WARM, Mode.BACK, Mode.BLIND
ACCEPTED, RETURNED, ABANDONED = (
    EscalationEnd.ACCEPTED, EscalationEnd.RETURNED, EscalationEnd.ABANDONED,
)  # fmt: skip
FIRST_LINE, TAKEN_BACK, PASSED_ON = (
    EscalationEnd.FIRST_LINE, EscalationEnd.TAKEN_BACK, EscalationEnd.PASSED_ON,
)  # fmt: skip
ANSWERED, TIMED_OUT, EMPTY, LEFT = (
    VisitEnd.ANSWERED, VisitEnd.TIMED_OUT, VisitEnd.EMPTY, VisitEnd.ABANDONED,
)  # fmt: skip

AT_FIRST: Stay = ("first", 1, ANSWERED, FIRST)
AT_SPARE: Stay = ("first", 1, ANSWERED, SPARE)
AT_SECOND: Stay = ("second", 2, ANSWERED, SECOND)
NONE_IN_TIME: Stay = ("second", 2, TIMED_OUT, NOBODY)
NONE_THERE: Stay = ("second", 2, EMPTY, NOBODY)
GAVE_UP: Stay = ("second", 2, LEFT, NOBODY)


def _pumps(mode: Mode, end: EscalationEnd, agent: Who = NOBODY) -> tuple[Passed, ...]:
    return ((mode, FIRST, "pumps", 2, end, agent),)


def _vendor(mode: Mode, end: EscalationEnd, agent: Who = NOBODY) -> tuple[Passed, ...]:
    return ((mode, FIRST, "vendor", 3, end, agent),)


def _back(end: EscalationEnd, agent: Who = NOBODY) -> tuple[Passed, ...]:
    return (
        (COLD, FIRST, "pumps", 2, ACCEPTED, SECOND),
        (BACK, SECOND, "first", 1, end, agent),
    )


def _tills(then: str, tier: int, end: EscalationEnd) -> tuple[Passed, ...]:
    return (
        (COLD, FIRST, "tills", 2, PASSED_ON, NOBODY),
        (COLD, NOBODY, then, tier, end, NOBODY),
    )


ONCE = (AT_FIRST,)
LATE, THERE, QUIT = (AT_FIRST, NONE_IN_TIME), (AT_FIRST, NONE_THERE), (AT_FIRST, GAVE_UP)
TWICE = (FIRST, FIRST)

# fmt: off
ROWS = (
    # cold to second line
    Row("cold-no-answer", Way.COLD, What.RINGS_ON, FIRST, _pumps(COLD, RETURNED), LATE, TWICE),
    Row("cold-busy", Way.COLD, What.BUSY, FIRST, _pumps(COLD, RETURNED), LATE, TWICE),
    Row("cold-rejects", Way.COLD, What.REJECTS, FIRST, _pumps(COLD, RETURNED), LATE, TWICE),
    Row("cold-unreachable", Way.COLD, What.UNREACHABLE, FIRST, _pumps(COLD, RETURNED), THERE,
        TWICE),
    Row("cold-nobody", Way.COLD, What.NOBODY, FIRST, _pumps(COLD, RETURNED), THERE, TWICE),
    Row("cold-caller-leaves", Way.COLD, What.CALLER_LEAVES, GONE, _pumps(COLD, ABANDONED), QUIT,
        (FIRST,)),
    Row("cold-agent-leaves", Way.COLD, What.AGENT_LEAVES, SECOND, _pumps(COLD, ACCEPTED, SECOND),
        (AT_FIRST, AT_SECOND), (FIRST, SECOND)),
    Row("cold-both-at-once", Way.COLD, What.BOTH_LEAVE_TALK, GONE, _pumps(COLD, ACCEPTED, SECOND),
        (AT_FIRST, AT_SECOND), (FIRST, SECOND)),
    Row("cold-agent-unreachable", Way.COLD, What.AGENT_UNREACHABLE, SPARE, _pumps(COLD, FIRST_LINE),
        (AT_FIRST, NONE_IN_TIME, AT_SPARE), (FIRST, SPARE)),
    Row("cold-agent-busy", Way.COLD, What.AGENT_BUSY, SPARE, _pumps(COLD, FIRST_LINE),
        (AT_FIRST, NONE_IN_TIME, AT_SPARE), (FIRST, SPARE)),
    Row("cold-agent-does-not-answer", Way.COLD, What.AGENT_RINGS_ON, SPARE,
        _pumps(COLD, FIRST_LINE), (AT_FIRST, NONE_IN_TIME, AT_SPARE), (FIRST, SPARE)),
    Row("next-tier-no-answer", Way.NEXT_TIER, What.RINGS_ON, FIRST, _pumps(COLD, RETURNED), LATE,
        TWICE),
    # warm to second line
    Row("warm-no-answer", Way.WARM, What.RINGS_ON, FIRST, _pumps(WARM, RETURNED), LATE, TWICE),
    Row("warm-busy", Way.WARM, What.BUSY, FIRST, _pumps(WARM, RETURNED), LATE, TWICE),
    Row("warm-rejects", Way.WARM, What.REJECTS, FIRST, _pumps(WARM, RETURNED), LATE, TWICE),
    Row("warm-unreachable", Way.WARM, What.UNREACHABLE, FIRST, _pumps(WARM, RETURNED), THERE,
        TWICE),
    Row("warm-nobody", Way.WARM, What.NOBODY, FIRST, _pumps(WARM, RETURNED), THERE, TWICE),
    # the agent goes on waiting, to the limit
    Row("warm-caller-leaves", Way.WARM, What.CALLER_LEAVES, GONE, _pumps(WARM, ABANDONED), LATE,
        (FIRST,)),
    Row("warm-caller-leaves-consultation", Way.WARM, What.CALLER_LEAVES_TALK, GONE,
        _pumps(WARM, ABANDONED, SECOND), (AT_FIRST, AT_SECOND), (FIRST,)),
    Row("warm-agent-leaves", Way.WARM, What.AGENT_LEAVES, SECOND, _pumps(WARM, ACCEPTED, SECOND),
        (AT_FIRST, GAVE_UP, AT_SECOND), (FIRST, SECOND)),
    Row("warm-second-leaves-consultation", Way.WARM, What.NEXT_LEAVES_TALK, FIRST,
        _pumps(WARM, TAKEN_BACK, SECOND), (AT_FIRST, AT_SECOND), TWICE),
    Row("warm-taken-back", Way.WARM, What.TAKEN_BACK, FIRST, _pumps(WARM, TAKEN_BACK, SECOND),
        (AT_FIRST, AT_SECOND), TWICE),
    Row("warm-caller-and-agent-at-once", Way.WARM, What.CALLER_AND_AGENT, GONE,
        _pumps(WARM, ABANDONED, SECOND), (AT_FIRST, AT_SECOND), (FIRST,)),
    Row("warm-caller-and-second-at-once", Way.WARM, What.CALLER_AND_NEXT, GONE,
        _pumps(WARM, ABANDONED, SECOND), (AT_FIRST, AT_SECOND), (FIRST,)),
    Row("warm-agents-at-once", Way.WARM, What.AGENTS_LEAVE, SECOND,
        _pumps(WARM, ACCEPTED, SECOND), (AT_FIRST, AT_SECOND, AT_SECOND), (FIRST, SECOND),
        blinks=True),
    Row("warm-both-at-once-ringing", Way.WARM, What.BOTH_LEAVE, GONE, _pumps(WARM, ABANDONED), QUIT,
        (FIRST,)),
    Row("warm-tills-nobody", Way.TILLS_WARM, What.NOBODY, FIRST,
        ((WARM, FIRST, "tills", 2, RETURNED, NOBODY),), THERE, TWICE),
    # an outside number
    Row("outside-no-answer", Way.OUTSIDE, What.RINGS_ON, FIRST, _vendor(COLD, RETURNED), ONCE,
        TWICE),
    Row("outside-busy", Way.OUTSIDE, What.BUSY, FIRST, _vendor(COLD, RETURNED), ONCE, TWICE),
    Row("outside-rejects", Way.OUTSIDE, What.REJECTS, FIRST, _vendor(COLD, RETURNED), ONCE, TWICE),
    Row("outside-unknown", Way.OUTSIDE, What.UNREACHABLE, FIRST, _vendor(COLD, RETURNED), ONCE,
        TWICE),
    Row("outside-silent", Way.OUTSIDE, What.SILENT, FIRST, _vendor(COLD, RETURNED), ONCE, TWICE),
    Row("outside-caller-leaves", Way.OUTSIDE, What.CALLER_LEAVES, GONE, _vendor(COLD, ABANDONED),
        ONCE, (FIRST,)),
    Row("outside-agent-leaves", Way.OUTSIDE, What.AGENT_LEAVES, VENDOR, _vendor(COLD, ACCEPTED),
        ONCE, (FIRST, VENDOR)),
    Row("outside-both-at-once", Way.OUTSIDE, What.BOTH_LEAVE_TALK, GONE, _vendor(COLD, ACCEPTED),
        ONCE, (FIRST, VENDOR)),
    Row("outside-warm-no-answer", Way.OUTSIDE_WARM, What.RINGS_ON, FIRST, _vendor(WARM, RETURNED),
        ONCE, TWICE),
    Row("outside-warm-busy", Way.OUTSIDE_WARM, What.BUSY, FIRST, _vendor(WARM, RETURNED), ONCE,
        TWICE),
    Row("outside-warm-rejects", Way.OUTSIDE_WARM, What.REJECTS, FIRST, _vendor(WARM, RETURNED),
        ONCE, TWICE),
    Row("outside-warm-unknown", Way.OUTSIDE_WARM, What.UNREACHABLE, FIRST, _vendor(WARM, RETURNED),
        ONCE, TWICE),
    Row("outside-nobody-on-call", Way.STANDBY, What.NOTHING, FIRST,
        ((COLD, FIRST, "standby", 3, RETURNED, NOBODY),), ONCE, TWICE),
    Row("outside-warm-nobody-on-call", Way.STANDBY_WARM, What.NOTHING, FIRST,
        ((WARM, FIRST, "standby", 3, RETURNED, NOBODY),), ONCE, TWICE),
    Row("outside-warm-caller-leaves", Way.OUTSIDE_WARM, What.CALLER_LEAVES_TALK, GONE,
        _vendor(WARM, ABANDONED), ONCE, (FIRST,)),
    Row("outside-warm-agent-leaves", Way.OUTSIDE_WARM, What.AGENT_LEAVES, VENDOR,
        _vendor(WARM, ACCEPTED), ONCE, (FIRST, VENDOR)),
    Row("outside-warm-engineer-leaves", Way.OUTSIDE_WARM, What.NEXT_LEAVES_TALK, FIRST,
        _vendor(WARM, TAKEN_BACK), ONCE, TWICE),
    # overflow from tier to tier
    Row("overflow-no-answer", Way.TO_VENDOR, What.RINGS_ON, VENDOR, _tills("vendor", 3, ACCEPTED),
        LATE, (FIRST, VENDOR)),
    Row("overflow-nobody", Way.TO_VENDOR, What.NOBODY, VENDOR, _tills("vendor", 3, ACCEPTED),
        THERE, (FIRST, VENDOR)),
    Row("overflow-nobody-at-all", Way.TO_VENDOR, What.NOBODY_THERE, FIRST,
        _tills("vendor", 3, RETURNED), THERE, TWICE),
    Row("overflow-caller-leaves", Way.TO_VENDOR, What.CALLER_LEAVES, GONE,
        ((COLD, FIRST, "tills", 2, ABANDONED, NOBODY),), QUIT, (FIRST,)),
    Row("overflow-to-first-line", Way.TO_FIRST, What.RINGS_ON, FIRST,
        ((COLD, FIRST, "desk", 2, FIRST_LINE, NOBODY),), (*LATE, AT_FIRST), TWICE),
    # back to first line
    Row("back-no-answer", Way.BACK, What.SPARE_COMES, SPARE, _back(ACCEPTED, SPARE),
        (AT_FIRST, AT_SECOND, AT_SPARE), (FIRST, SECOND, SPARE)),
    Row("back-busy", Way.BACK, What.BUSY, SPARE, _back(ACCEPTED, SPARE),
        (AT_FIRST, AT_SECOND, AT_SPARE), (FIRST, SECOND, SPARE)),
    Row("back-caller-leaves", Way.BACK, What.CALLER_LEAVES, GONE, _back(ABANDONED),
        (AT_FIRST, AT_SECOND, ("first", 1, LEFT, NOBODY)), (FIRST, SECOND)),
    Row("back-both-at-once", Way.BACK, What.BOTH_LEAVE_TALK, GONE, _back(ACCEPTED, FIRST),
        (AT_FIRST, AT_SECOND, AT_FIRST), (FIRST, SECOND, FIRST)),
    # the phone's own transfer button
    Row("blind-no-answer", Way.BLIND, What.RINGS_ON, FIRST, _pumps(BLIND, RETURNED), LATE, TWICE),
    Row("blind-busy", Way.BLIND, What.BUSY, FIRST, _pumps(BLIND, RETURNED), LATE, TWICE),
    Row("blind-nobody", Way.BLIND, What.NOBODY, FIRST, _pumps(BLIND, RETURNED), THERE, TWICE),
    Row("blind-caller-leaves", Way.BLIND, What.CALLER_LEAVES, GONE, _pumps(BLIND, ABANDONED), QUIT,
        (FIRST,)),
    Row("blind-outside-busy", Way.BLIND_OUTSIDE, What.BUSY, FIRST, _vendor(BLIND, RETURNED), ONCE,
        TWICE),
    Row("blind-nowhere", Way.BLIND_NOWHERE, What.NOTHING, FIRST,
        ((BLIND, FIRST, "", None, RETURNED, NOBODY),), ONCE, TWICE),
)
# fmt: on

AT_DESK = Row(
    "back-nobody", Way.BACK, What.NOBODY, NOBODY, _back(ACCEPTED),
    (AT_FIRST, AT_SECOND, ("first", 1, EMPTY, NOBODY)), (FIRST, SECOND),
)  # fmt: skip
"""Nobody is logged in at first line: the caller reaches the administrator's own queue, whose phones
are no agents of the lane (and echo what they hear)."""
