"""The moments of an escalation at which the gateway is killed, and what must stand in the record of
each call after all."""

from __future__ import annotations

from dataclasses import dataclass

from ccgateway.calls.call import EscalationEnd, Mode, VisitEnd
from tests.acceptance.lines.acts import (
    asked_for_by_api,
    at_the_last_key,
    back_and_waits_in_first_line,
    before_any_key,
    between_two_keys,
    nobody_there_so_the_first_agent_rings,
    on_hold_and_second_line_rings,
    outside_number_rings,
    outside_number_talks,
    second_line_rings,
    second_line_talks,
    the_agents_speak,
    the_caller_leaves_second_line_unseen,
    the_caller_leaves_the_hold_unseen,
    three_talk,
    waits_and_nobody_rings,
    warm_completed,
)
from tests.acceptance.lines.deaths import Act
from tests.acceptance.lines.lane import Who

FIRST, SPARE, SECOND, NOBODY = Who.FIRST, Who.SPARE, Who.SECOND, Who.NOBODY

Passed = tuple[Mode, Who, str, EscalationEnd, Who]
"""mode, by, to, end, agent"""
Stay = tuple[str, int, VisitEnd, Who]
"""queue of the lane, tier, end, agent"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, and the record of its call after all."""

    act: Act
    passed: tuple[Passed, ...] = ()
    stays: tuple[Stay, ...] = ()
    talks: tuple[Who, ...] = ()

    @property
    def name(self) -> str:
        return self.act.__name__


COLD, WARM, TO_BACK = Mode.COLD, Mode.WARM, Mode.BACK
ACCEPTED, TAKEN_BACK, RETURNED = (
    EscalationEnd.ACCEPTED,
    EscalationEnd.TAKEN_BACK,
    EscalationEnd.RETURNED,
)
ABANDONED, ANSWERED = EscalationEnd.ABANDONED, VisitEnd.ANSWERED
AT_FIRST: Stay = ("first", 1, ANSWERED, FIRST)
AT_SECOND: Stay = ("second", 2, ANSWERED, SECOND)
NOBODY_AT_SECOND: Stay = ("second", 2, VisitEnd.TIMED_OUT, NOBODY)

MOMENTS = (
    Moment(
        before_any_key,
        ((COLD, FIRST, "pumps", ACCEPTED, SECOND),),
        (AT_FIRST, AT_SECOND),
        (FIRST, SECOND),
    ),
    Moment(
        between_two_keys,
        (
            (COLD, FIRST, "pumps", ACCEPTED, SECOND),
            (TO_BACK, SECOND, "first", ACCEPTED, FIRST),
        ),
        (AT_FIRST, AT_SECOND, AT_FIRST),
        (FIRST, SECOND, FIRST),
    ),
    Moment(
        waits_and_nobody_rings,
        ((COLD, FIRST, "pumps", RETURNED, NOBODY),),
        (AT_FIRST, NOBODY_AT_SECOND),
        (FIRST, FIRST),
    ),
    Moment(
        second_line_rings,
        ((COLD, FIRST, "pumps", ACCEPTED, SECOND),),
        (AT_FIRST, AT_SECOND),
        (FIRST, SECOND),
    ),
    Moment(
        second_line_talks,
        (
            (COLD, FIRST, "pumps", ACCEPTED, SECOND),
            (TO_BACK, SECOND, "first", ACCEPTED, FIRST),
            (WARM, FIRST, "pumps", ACCEPTED, SECOND),
        ),
        (AT_FIRST, AT_SECOND, AT_FIRST, AT_SECOND),
        (FIRST, SECOND, FIRST, SECOND),
    ),
    Moment(
        nobody_there_so_the_first_agent_rings,
        ((COLD, FIRST, "pumps", RETURNED, NOBODY),),
        (AT_FIRST, NOBODY_AT_SECOND),
        (FIRST, FIRST),
    ),
    Moment(
        on_hold_and_second_line_rings,
        ((WARM, FIRST, "pumps", ACCEPTED, SECOND),),
        (AT_FIRST, AT_SECOND),
        (FIRST, SECOND),
    ),
    Moment(
        the_agents_speak,
        ((WARM, FIRST, "pumps", TAKEN_BACK, SECOND),),
        (AT_FIRST, AT_SECOND),
        (FIRST, FIRST),
    ),
    Moment(
        three_talk,
        ((WARM, FIRST, "pumps", ACCEPTED, SECOND),),
        (AT_FIRST, AT_SECOND),
        (FIRST, FIRST, SECOND),
    ),
    Moment(
        warm_completed,
        (
            (WARM, FIRST, "pumps", ACCEPTED, SECOND),
            (COLD, SECOND, "vendor", ACCEPTED, NOBODY),
            (TO_BACK, NOBODY, "pumps", ACCEPTED, SECOND),
        ),
        (AT_FIRST, AT_SECOND, AT_SECOND),
        (FIRST, SECOND, NOBODY, SECOND),
    ),
    Moment(
        outside_number_rings,
        ((COLD, FIRST, "vendor", ACCEPTED, NOBODY),),
        (AT_FIRST,),
        (FIRST, NOBODY),
    ),
    Moment(
        outside_number_talks,
        (
            (COLD, FIRST, "vendor", ACCEPTED, NOBODY),
            (TO_BACK, NOBODY, "first", ACCEPTED, FIRST),
        ),
        (AT_FIRST, AT_FIRST),
        (FIRST, NOBODY, FIRST),
    ),
    Moment(
        back_and_waits_in_first_line,
        (
            (COLD, FIRST, "pumps", ACCEPTED, SECOND),
            (TO_BACK, SECOND, "first", ACCEPTED, SPARE),
        ),
        (AT_FIRST, AT_SECOND, ("first", 1, ANSWERED, SPARE)),
        (FIRST, SECOND, SPARE),
    ),
    Moment(
        the_caller_leaves_the_hold_unseen,
        ((WARM, FIRST, "pumps", ABANDONED, SECOND),),
        (AT_FIRST, AT_SECOND),
        (FIRST,),
    ),
    Moment(
        the_caller_leaves_second_line_unseen,
        ((COLD, FIRST, "pumps", ACCEPTED, SECOND),),
        (AT_FIRST, AT_SECOND),
        (FIRST, SECOND),
    ),
)

AT_THE_KEY = (Moment(at_the_last_key), Moment(asked_for_by_api))
"""What happens then hangs on milliseconds."""

_STOPPED = {before_any_key, second_line_talks, the_agents_speak, warm_completed}
FROZEN = tuple(moment for moment in MOMENTS if moment.act in _STOPPED)
"""Those at which the gateway stops, too, and does not die: it hears afterwards what it missed."""
