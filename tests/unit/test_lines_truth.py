"""What the phones of three lines saw becomes the truth: parts of one call to its story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ccgateway.calls.call import Direction, Disposition, EscalationEnd, Mode, Role, VisitEnd
from ccgateway.outbound.attempt import End, Stage
from ccgateway.rig.heard import HEARD
from ccgateway.rig.hotline import VENDOR
from ccgateway.rig.lines_truth import truth_of
from ccgateway.rig.parts import Code, Part, Pause, Refer
from ccgateway.rig.plan import Kind, Planned
from ccgateway.rig.sipp import Caller
from ccgateway.rig.story import Held, Moment, Passed, Spoke, Stay, Story, Tried
from ccgateway.rig.truth import TruthCall

T0 = datetime(2026, 11, 22, 6, 6, 22, tzinfo=UTC)
NUMBER = "+358401000001"
LATE = 0.02  # seconds from what makes a voice heard to its first packet


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def sent(seconds: float) -> Moment:
    return Moment(at(seconds))


def by_ear(seconds: float) -> Moment:
    return Moment(at(seconds), HEARD)


def rung(phone: str, began: float, answered: float | None, ended: float, **more: Any) -> Part:
    """A phone that was rung; ``heard``: pairs of seconds in which it heard the customer."""
    heard = tuple((at(since), at(until)) for since, until in more.pop("heard", ()))
    answer = None if answered is None else at(answered)
    return Part(phone, False, phone, at(began), answer, at(ended), heard=heard, **more)


CUSTOMER = Part(NUMBER, True, "1010", at(0), at(0.1), at(30), ended_here=True)
FIRST_TALK = ((1 + LATE, 3 + LATE),)


def call(kind: Kind, *parts: Part) -> TruthCall:
    did = "1010" if parts[0] is CUSTOMER else ""
    truth = truth_of(Planned(kind, Caller(NUMBER, did, 0)), parts)
    assert truth
    return truth


def story(kind: Kind, *parts: Part) -> Story:
    found = call(kind, *parts).story
    assert found
    return found


def first_line(*codes: tuple[float, str], **more: Any) -> Part:
    """201 takes the customer at 1 s and presses keys."""
    pressed = tuple(Code(at(when), keys) for when, keys in codes)
    return rung("201", 0.2, 1, more.pop("ended", 3.1), heard=more.pop("heard", FIRST_TALK),
                codes=pressed, **more)  # fmt: skip


ARRIVED = Stay("first", 1, "201", VisitEnd.ANSWERED, sent(0.1), sent(1), sent(1))


def second(agent: str, joined: float, answered: float) -> Stay:
    return Stay(
        "second-pumps", 2, agent, VisitEnd.ANSWERED, sent(joined), sent(answered), sent(answered)
    )


def test_a_scene_that_was_never_placed_has_no_truth() -> None:
    assert truth_of(Planned(Kind.COLD, Caller(NUMBER, "1010", 0)), []) is None


def test_cold() -> None:
    found = call(
        Kind.COLD,
        CUSTOMER,
        first_line((3, "*22")),
        rung("212", 3.1, None, 3.5),
        rung("211", 3.6, 5, 30, heard=[(5 + LATE, 30 - LATE)]),
    )
    assert (found.number, found.did, found.caller_ended) == (NUMBER, "1010", True)
    assert (found.placed_at, found.ended_at) == (at(0), at(30))
    assert found.story == Story(
        Direction.INBOUND, NUMBER, "1010", "lines", Disposition.ANSWERED,
        talks=(Spoke("201", sent(1), sent(3.1)), Spoke("211", sent(5), sent(30))),
        visits=(ARRIVED, second("211", 3, 5)),
        escalations=(
            Passed(
                Mode.COLD, "201", "pumps", 2, "211", EscalationEnd.ACCEPTED,
                sent(3), sent(5), sent(5),
            ),
        ),
    )  # fmt: skip


def test_a_ringing_that_is_seen_just_before_its_cause() -> None:
    """The agent's phone is read before the customer's, which was sent the answer first."""
    first = rung("201", 0.08, 1, 3.1, heard=FIRST_TALK, codes=(Code(at(3), "*22"),))
    found = story(Kind.COLD, CUSTOMER, first, rung("211", 2.98, 5, 30, heard=[(5, 30)]))
    assert found.visits == (ARRIVED, second("211", 3, 5))


def test_a_voice_that_no_message_explains_is_known_by_ear() -> None:
    """The agent answered a second before the customer came: he was told something first."""
    found = story(
        Kind.COLD,
        CUSTOMER,
        first_line((3, "*22"), heard=[(2, 2.5)]),
        rung("211", 3.6, 5, 30, heard=[(5, 30)]),
    )
    assert found.talks[0] == Spoke("201", by_ear(2), by_ear(2.5))


def test_nobody_there_and_back_to_the_agent() -> None:
    found = story(
        Kind.NOBODY_THERE,
        CUSTOMER,
        first_line((3, "*22")),
        rung("211", 3.1, None, 7),
        rung("212", 8, None, 12),
        rung("201", 13, 14, 30, heard=[(14, 30)]),
    )
    assert [talk.agent for talk in found.talks] == ["201", "201"]
    assert found.visits == (
        ARRIVED, Stay("second-pumps", 2, "", VisitEnd.TIMED_OUT, sent(3), None, sent(13)),
    )  # fmt: skip
    assert found.escalations == (
        Passed(
            Mode.COLD, "201", "pumps", 2, "", EscalationEnd.RETURNED, sent(3), None, sent(13)
        ),
    )  # fmt: skip


def test_overflow_to_the_vendor() -> None:
    found = story(
        Kind.OVERFLOW,
        CUSTOMER,
        first_line((3, "*23")),
        rung("213", 3.1, None, 9),
        rung(VENDOR, 9.1, 10, 30, heard=[(10, 30)]),
    )
    assert [talk.agent for talk in found.talks] == ["201", ""]
    assert found.visits == (
        ARRIVED, Stay("second-tills", 2, "", VisitEnd.TIMED_OUT, sent(3), None, sent(9.1)),
    )  # fmt: skip
    assert found.escalations == (
        Passed(
            Mode.COLD, "201", "tills", 2, "", EscalationEnd.PASSED_ON, sent(3), None, sent(9.1)
        ),
        Passed(
            Mode.COLD, "", "vendor", 3, "", EscalationEnd.ACCEPTED, sent(9.1), sent(10), sent(10)
        ),
    )  # fmt: skip


def test_on_to_third_line() -> None:
    found = story(
        Kind.THIRD_LINE,
        CUSTOMER,
        first_line((3, "*22")),
        rung("211", 3.1, 5, 8.1, heard=[(5, 8)], codes=(Code(at(8), "*24"),)),
        rung(VENDOR, 8.1, 9, 30, heard=[(9, 30)]),
    )
    assert found.visits == (ARRIVED, second("211", 3, 5))
    assert [(one.by, one.to, one.tier, one.agent) for one in found.escalations] == [
        ("201", "pumps", 2, "211"), ("211", "vendor", 3, ""),
    ]  # fmt: skip


def test_back_to_first_line() -> None:
    found = story(
        Kind.BACK,
        CUSTOMER,
        first_line((3, "*22")),
        rung("211", 3.1, 5, 8.1, heard=[(5, 8)], codes=(Code(at(8), "*20"),)),
        rung("202", 8.1, 9, 30, heard=[(9, 30)]),
    )
    assert found.visits[-1] == Stay("first", 1, "202", VisitEnd.ANSWERED, sent(8), sent(9), sent(9))
    assert found.escalations[-1] == Passed(
        Mode.BACK, "211", "first", 1, "202", EscalationEnd.ACCEPTED, sent(8), sent(9), sent(9)
    )


def test_warm_completed() -> None:
    """The agents speak from 5 s, the first hangs up at 8 s."""
    found = story(
        Kind.WARM,
        CUSTOMER,
        first_line((3, "*32"), ended=8),
        rung("211", 3.1, 5, 30, heard=[(8.05, 30)]),
    )
    assert found.talks == (
        Spoke("201", sent(1), by_ear(3 + LATE)),
        Spoke("211", by_ear(8.05), sent(30)),
    )
    assert found.visits == (ARRIVED, second("211", 3, 5))
    assert found.holds == (Held(Role.AGENT, sent(3), by_ear(8.05)),)
    assert found.escalations == (
        Passed(
            Mode.WARM, "201", "pumps", 2, "211", EscalationEnd.ACCEPTED,
            sent(3), sent(5), by_ear(8.05),
        ),
    )  # fmt: skip


def test_warm_taken_back() -> None:
    first = first_line((3, "*32"), (8, "*1"), heard=[*FIRST_TALK, (8.1, 30)], ended=30)
    found = story(Kind.TAKEN_BACK, CUSTOMER, first, rung("211", 3.1, 5, 8.05))
    assert [talk.agent for talk in found.talks] == ["201", "201"]
    assert found.holds == (Held(Role.AGENT, sent(3), by_ear(8.1)),)
    assert found.escalations == (
        Passed(
            Mode.WARM, "201", "pumps", 2, "211", EscalationEnd.TAKEN_BACK,
            sent(3), sent(5), by_ear(8.1),
        ),
    )  # fmt: skip


def test_a_talk_of_three() -> None:
    first = first_line((3, "*32"), (8, "*4"), heard=[*FIRST_TALK, (8.15, 11)], ended=11)
    found = story(Kind.THREE_WAY, CUSTOMER, first, rung("211", 3.1, 5, 30, heard=[(8.1, 30)]))
    assert found.talks[1:] == (
        Spoke("211", by_ear(8.1), sent(30)), Spoke("201", by_ear(8.15), sent(11)),
    )  # fmt: skip
    [passed] = found.escalations
    assert (passed.agent, passed.end) == ("211", EscalationEnd.ACCEPTED)
    assert passed.ended_at == by_ear(8.1)


def test_the_phones_own_blind_transfer() -> None:
    first = rung("201", 0.2, 1, 3.05, heard=[(1, 3)], refers=(Refer(at(3), "22", replaces=False),))
    found = story(Kind.BLIND, CUSTOMER, first, rung("211", 3.1, 5, 30, heard=[(5, 30)]))
    assert found.visits == (ARRIVED, second("211", 3, 5))
    assert found.escalations == (
        Passed(
            Mode.BLIND, "201", "pumps", 2, "211", EscalationEnd.ACCEPTED,
            sent(3), sent(5), sent(5),
        ),
    )  # fmt: skip


def test_the_phones_own_attended_transfer() -> None:
    """Hold at 3 s, a call to 213 at 4 s, who answers at 5 s; transferred at 8 s."""
    first = rung(
        "201", 0.2, 1, 8.05, heard=[(1, 3)],
        holds=(Pause(at(3), None),), refers=(Refer(at(8), "213", replaces=True),),
    )  # fmt: skip
    consult = Part("201", True, "213", at(4), at(5), at(8.06), ended_here=True)
    found = story(
        Kind.ATTENDED, CUSTOMER, first, consult, rung("213", 4.1, 5, 30, heard=[(8.02, 30)])
    )
    assert found.talks == (Spoke("201", sent(1), sent(8.05)), Spoke("213", by_ear(8.02), sent(30)))
    assert found.visits == (ARRIVED,)
    assert found.holds == (Held(Role.AGENT, sent(3), sent(8)),)
    assert found.escalations == (
        Passed(
            Mode.ATTENDED, "201", "", None, "213", EscalationEnd.ACCEPTED,
            sent(4), sent(5), by_ear(8.02),
        ),
    )  # fmt: skip


def test_a_customer_whom_nobody_takes() -> None:
    found = story(Kind.COLD, CUSTOMER, rung("201", 0.2, None, 4))
    assert found.disposition is Disposition.ABANDONED
    assert found.visits == (
        Stay("first", 1, "", VisitEnd.ABANDONED, sent(0.1), None, sent(30)),
    )  # fmt: skip
    assert (found.talks, found.escalations) == ((), ())


AGENT = rung("221", 0, 1, 9, heard=[(4, 9)])


def test_a_click_that_is_answered() -> None:
    found = call(Kind.CLICK, AGENT, rung(NUMBER, 2, 4, 9.01))
    assert (found.placed_at, found.ended_at, found.answered_at) == (at(0), at(9.01), at(4))
    assert found.story == Story(
        Direction.OUTBOUND, NUMBER, NUMBER, "lines", Disposition.ANSWERED,
        talks=(Spoke("221", by_ear(4), sent(9)),),
        attempt=Tried(Stage.ENDED, End.TALKED, sent(1), sent(4), sent(9.01)),
    )  # fmt: skip


def test_a_click_to_a_busy_number() -> None:
    quiet = rung("221", 0, 1, 3)
    found = story(Kind.CLICK_BUSY, quiet, rung(NUMBER, 2, None, 2.5, status=486))
    assert found.disposition is Disposition.BUSY
    assert found.attempt == Tried(Stage.ENDED, End.BUSY, sent(1), None, sent(3))


def test_a_click_that_nobody_answers() -> None:
    quiet = rung("221", 0, 1, 3)
    found = story(Kind.CLICK_NO_ANSWER, quiet, rung(NUMBER, 2, None, 2.5, status=480))
    assert found.disposition is Disposition.NO_ANSWER
    assert found.attempt
    assert found.attempt.end is End.NO_ANSWER


def test_an_agents_own_call_to_a_customer() -> None:
    dialling = Part(
        "221", True, "*5100401000001", at(0), at(4), at(9), ended_here=True,
        heard=((at(4), at(9)),),
    )  # fmt: skip
    found = story(Kind.OUTBOUND, dialling, rung(NUMBER, 1, 4, 9))
    assert (found.direction, found.caller, found.dialled) == (
        Direction.OUTBOUND, NUMBER, NUMBER,
    )  # fmt: skip
    assert found.talks == (Spoke("221", sent(4), sent(9)),)
    assert found.attempt is None


def test_agents_among_themselves() -> None:
    dialling = Part("213", True, "221", at(0), at(2), at(9), ended_here=True)
    found = story(Kind.AGENTS, dialling, rung("221", 0.1, 2, 9, heard=[(2, 9)]))
    assert (found.direction, found.caller, found.dialled, found.service) == (
        Direction.INTERNAL, "213", "221", "",
    )  # fmt: skip
    assert found.talks == (Spoke("221", sent(2), sent(9)),)
