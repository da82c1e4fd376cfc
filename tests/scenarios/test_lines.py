"""Second and third line, the phones' own buttons, and calls of our own: recorded, and folded."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime

import pytest

from ccgateway.calls.call import Call, Known
from ccgateway.telephony.facts import Kind
from tests.scenarios.test_recordings import EXPECTED, NAMES, facts_in, play

When = tuple[float | None, float | None, float | None]  # asked, accepted, ended: seconds into it
Passed = tuple[str, str, str, int | None, str, str, When]  # mode, by, to, tier, agent, end, when
Stay = tuple[str, int, str, str, str]  # queue, tier, whose, end, who answered
Timed = tuple[str, float]  # who, seconds

FIRST: Stay = ("first", 1, "caller", "answered", "201")


@dataclass(frozen=True)
class Story:
    """What a recorded call must be folded to. Escalations are timed from when an agent first talked
    with the caller."""

    direction: str = "inbound"
    disposition: str = "answered"
    talks: tuple[Timed, ...] = ()
    passed: tuple[Passed, ...] = ()
    stays: tuple[Stay, ...] = (FIRST,)
    holds: tuple[Timed, ...] = ()


def _consulted(end: str, ended: float, *talks: Timed, held: float) -> list[Story]:
    stay = ("second-pumps", 2, "201", "answered", "211")
    passed = ("warm", "201", "pumps", 2, "211", end, (1.3, 1.4, ended))
    return [
        Story(
            talks=(("201", 1.3), *talks),
            passed=(passed,),
            stays=(FIRST, stay),
            holds=(("201", held),),
        )
    ]


def _attended(
    to: str, agent: str, accepted: float, talked: float, held: float, *stays: Stay
) -> Story:
    """He began to ask, by his phone's second line, after 0.8 s."""
    tier = 2 if to else None
    when = (0.8, accepted, talked)
    return Story(
        talks=(("201", talked), (agent, 0.8)),
        passed=(("attended", "201", to, tier, agent, "accepted", when),),
        stays=(FIRST, *stays),
        holds=(("201", held),),
    )


def _blind(to: str, agent: str, talked: float, *stays: Stay) -> list[Story]:
    tier = 2 if to else None
    when = (talked, talked, talked)  # the phone there answers at once
    passed = (("blind", "201", to, tier, agent, "accepted", when),)
    talks = (("201", talked), (agent, 0.8))
    return [Story(talks=talks, passed=passed, stays=(FIRST, *stays))]


STORIES: dict[str, list[Story]] = {
    "gives_up": [Story(disposition="abandoned", stays=(("first", 1, "caller", "abandoned", ""),))],
    "waits_too_long": [
        Story(disposition="timed_out", stays=(("first", 1, "caller", "timed_out", ""),))
    ],
    "no_gateway": [
        Story(disposition="abandoned", stays=(("ccg-fallback", 1, "caller", "abandoned", ""),))
    ],
    "escalate_cold": [
        Story(
            talks=(("201", 1.3), ("211", 0.8)),
            passed=(("cold", "201", "pumps", 2, "211", "accepted", (1.3, 1.3, 1.3)),),
            stays=(FIRST, ("second-pumps", 2, "caller", "answered", "211")),
        )
    ],
    "escalate_nobody": [
        Story(
            talks=(("201", 1.3), ("201", 0.8)),
            passed=(("cold", "201", "pumps", 2, "", "returned", (1.3, None, 11.3)),),
            stays=(FIRST, ("second-pumps", 2, "caller", "timed_out", "")),
        )
    ],
    "escalate_overflow": [
        Story(
            talks=(("201", 1.3), ("", 0.8)),
            passed=(
                ("cold", "201", "tills", 2, "", "passed_on", (1.3, None, 10.3)),
                ("cold", "", "vendor", 3, "", "accepted", (10.3, 10.6, 10.6)),
            ),
            stays=(FIRST, ("second-tills", 2, "caller", "timed_out", "")),
        )
    ],
    "escalate_back": [
        Story(
            talks=(("201", 1.3), ("211", 1.3), ("202", 0.8)),
            passed=(
                ("cold", "201", "pumps", 2, "211", "accepted", (1.3, 1.3, 1.3)),
                ("back", "211", "first", 1, "202", "accepted", (2.6, 2.7, 2.7)),
            ),
            stays=(
                FIRST,
                ("second-pumps", 2, "caller", "answered", "211"),
                ("first", 1, "caller", "answered", "202"),
            ),
        )
    ],
    "warm_completed": _consulted("accepted", 2.2, ("211", 1.8), held=0.9),
    "warm_taken_back": _consulted("taken_back", 2.5, ("201", 1.9), held=1.2),
    "warm_three": _consulted("accepted", 2.5, ("201", 1.9), ("211", 2.7), held=1.2),
    "warm_caller_gone": _consulted("abandoned", 2.2, held=0.9),
    "warm_nobody": [
        Story(
            talks=(("201", 1.3), ("201", 2.7)),
            passed=(("warm", "201", "pumps", 2, "", "returned", (1.3, None, 11.5)),),
            stays=(FIRST, ("second-pumps", 2, "201", "timed_out", "")),
            holds=(("201", 10.2),),
        )
    ],
    "warm_outside": [
        Story(
            talks=(("201", 1.3), ("", 1.8)),
            passed=(("warm", "201", "vendor", 3, "", "accepted", (1.3, 1.7, 2.5)),),
            holds=(("201", 1.2),),
        )
    ],
    "blind_to_agent": _blind("", "202", 1.6),
    "blind_to_line": _blind("pumps", "211", 0.8, ("second-pumps", 2, "caller", "answered", "211")),
    "blind_local": _blind("", "202", 1.6),
    "blind_local_optimised": _blind("", "202", 1.6),
    "attended_parallel_retry": [
        _attended("", "212", 1.1, 2.0, 1.1),
        Story("internal", "other", stays=()),  # the first try: 203 is busy
    ],
    "attended_local": [_attended("", "211", 0.8, 1.6, 0.8)],
    "attended_local_optimised": [_attended("", "211", 0.8, 1.6, 0.8)],
    "attended_line": [
        _attended("pumps", "211", 0.8, 2.2, 0.8, ("second-pumps", 2, "201", "answered", "211"))
    ],
    "conference": [
        Story(
            talks=(("201", 8.8), ("211", 5.5)),
            passed=(("conference", "201", "", None, "211", "taken_back", (0.8, 0.8, 7.1)),),
            holds=(("201", 0.8),),
        )
    ],
    "conference_left": [
        Story(
            talks=(("201", 7.1), ("211", 6.3)),
            passed=(("conference", "201", "", None, "211", "accepted", (0.8, 0.8, 1.6)),),
            holds=(("201", 0.8),),
        )
    ],
    "lines_changed": [
        Story(talks=(("201", 7.7),), holds=(("201", 0.8),)),
        Story("internal", talks=(("211", 6.8),), stays=(), holds=(("201", 5.5),)),
    ],
    "click": [Story("outbound", talks=(("201", 0.8),), stays=())],
    "click_busy": [Story("outbound", "busy", stays=())],
    "click_agent_away": [Story("outbound", "other", stays=())],
    "own_outbound": [Story("outbound", talks=(("201", 0.8),), stays=())],
}


def passed_of(call: Call) -> tuple[Passed, ...]:
    begin = call.talks[0].began_at if call.talks else call.started_at

    def after(at: datetime | None) -> float | None:
        return round((at - begin).total_seconds(), 1) if at else None

    return tuple(
        (e.mode.value, e.by, e.to, e.tier, e.agent, e.end.value, when)
        for e in call.escalations
        for when in [(after(e.at), after(e.accepted_at), after(e.ended_at))]
    )


def story_of(call: Call) -> Story:
    whose = {leg.uniqueid: leg.agent or leg.role.value for leg in call.legs}
    return Story(
        call.direction.value,
        call.disposition.value,
        tuple(
            (talk.agent, round((talk.ended_at - talk.began_at).total_seconds(), 1))
            for talk in call.talks
            if talk.ended_at
        ),
        passed_of(call),
        tuple((v.queue, v.tier, whose[v.uniqueid], v.end.value, v.agent) for v in call.visits),
        tuple(
            (whose[hold.uniqueid], round((hold.ended_at - hold.began_at).total_seconds(), 1))
            for hold in call.holds
            if hold.ended_at
        ),
    )


def is_near(told: object, expected: object) -> bool:
    """Whether they differ in tenths of a second alone: the next recording is not so exact."""
    match told, expected:
        case float(), float():
            return abs(told - expected) < 0.15
        case Story(), Story():
            return is_near(astuple(told), astuple(expected))
        case [*_], [*_]:
            return len(told) == len(expected) and all(map(is_near, told, expected))
        case _:
            return told == expected


def scenario(name: str) -> str:
    """Which of them a recording is of: the same on each Asterisk."""
    return name.rpartition("/")[2]


@pytest.mark.parametrize("name", [name for name in NAMES if scenario(name) in STORIES])
def test_a_recording_is_folded_to_its_story(name: str) -> None:
    calls, _ = play(name)
    inorder = sorted(calls.values(), key=lambda call: call.started_at)
    told = [story_of(call) for call in inorder]
    expected = STORIES[scenario(name)]
    assert told == expected or is_near(told, expected)
    assert {call.known for call in inorder} == {Known.LIVE}


def test_every_recording_is_expected_in_one_place() -> None:
    assert {*EXPECTED, *STORIES} == {scenario(name) for name in NAMES}
    assert not EXPECTED.keys() & STORIES.keys()


@pytest.mark.parametrize("name", ["blind_local", "attended_local"])
def test_with_and_without_optimisation_are_two_different_recordings(name: str) -> None:
    kinds = [{fact.kind for fact in facts_in(each)} for each in (name, f"{name}_optimised")]
    assert [Kind.LOCAL_OPTIMISED in each for each in kinds] == [False, True]


def test_only_phones_that_mix_are_found_to() -> None:
    mixed = {scenario(name) for name in NAMES if any(f.kind is Kind.MIXED for f in facts_in(name))}
    assert mixed == {"conference", "conference_left"}


def test_the_number_dialled_and_the_service_of_an_agents_own_call() -> None:
    [call] = play("own_outbound")[0].values()
    assert (call.service, call.did) == ("lines", "0401110020")


def test_an_attempt_can_be_told_by_its_id() -> None:
    [call] = play("click")[0].values()
    assert call.attempt.startswith("ccg-")
    assert call.attempt == call.legs[0].uniqueid
