"""Second and third line, the phones' own buttons, and calls of our own: recorded, and folded."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ccgateway.calls.call import Call, Known
from ccgateway.telephony.facts import Kind
from tests.scenarios.test_recordings import EXPECTED, NAMES, facts_in, play

Passed = tuple[str, str, str, str, str]  # mode, by, to, who took it, how it ended
Stay = tuple[str, int, str, str, str]  # queue, tier, whose, end, who answered
Timed = tuple[str, float]  # who, seconds

FIRST: Stay = ("first", 1, "caller", "answered", "201")


@dataclass(frozen=True)
class Story:
    """What a recorded call must be folded to."""

    direction: str = "inbound"
    disposition: str = "answered"
    talks: tuple[Timed, ...] = ()
    passed: tuple[Passed, ...] = ()
    stays: tuple[Stay, ...] = (FIRST,)
    holds: tuple[Timed, ...] = ()


def _consulted(end: str, *talks: Timed, held: float) -> list[Story]:
    stay = ("second-pumps", 2, "201", "answered", "211")
    passed = ("warm", "201", "pumps", "211", end)
    return [
        Story(
            talks=(("201", 1.3), *talks),
            passed=(passed,),
            stays=(FIRST, stay),
            holds=(("201", held),),
        )
    ]


def _attended(to: str, agent: str, talked: float, held: float, *stays: Stay) -> Story:
    return Story(
        talks=(("201", talked), (agent, 0.8)),
        passed=(("attended", "201", to, agent, "accepted"),),
        stays=(FIRST, *stays),
        holds=(("201", held),),
    )


def _blind(to: str, agent: str, talked: float, *stays: Stay) -> list[Story]:
    passed = (("blind", "201", to, agent, "accepted"),)
    talks = (("201", talked), (agent, 0.8))
    return [Story(talks=talks, passed=passed, stays=(FIRST, *stays))]


STORIES: dict[str, list[Story]] = {
    "escalate_cold": [
        Story(
            talks=(("201", 1.3), ("211", 0.8)),
            passed=(("cold", "201", "pumps", "211", "accepted"),),
            stays=(FIRST, ("second-pumps", 2, "caller", "answered", "211")),
        )
    ],
    "escalate_nobody": [
        Story(
            talks=(("201", 1.3), ("201", 0.8)),
            passed=(("cold", "201", "pumps", "", "returned"),),
            stays=(FIRST, ("second-pumps", 2, "caller", "timed_out", "")),
        )
    ],
    "escalate_overflow": [
        Story(
            talks=(("201", 1.3), ("", 0.8)),
            passed=(
                ("cold", "201", "tills", "", "passed_on"),
                ("cold", "", "vendor", "", "accepted"),
            ),
            stays=(FIRST, ("second-tills", 2, "caller", "timed_out", "")),
        )
    ],
    "escalate_back": [
        Story(
            talks=(("201", 1.3), ("211", 1.3), ("202", 0.8)),
            passed=(
                ("cold", "201", "pumps", "211", "accepted"),
                ("back", "211", "first", "202", "accepted"),
            ),
            stays=(
                FIRST,
                ("second-pumps", 2, "caller", "answered", "211"),
                ("first", 1, "caller", "answered", "202"),
            ),
        )
    ],
    "warm_completed": _consulted("accepted", ("211", 1.8), held=0.9),
    "warm_taken_back": _consulted("taken_back", ("201", 1.9), held=1.2),
    "warm_three": _consulted("accepted", ("201", 1.9), ("211", 2.7), held=1.2),
    "warm_caller_gone": _consulted("abandoned", held=0.9),
    "warm_nobody": [
        Story(
            talks=(("201", 1.3), ("201", 2.7)),
            passed=(("warm", "201", "pumps", "", "returned"),),
            stays=(FIRST, ("second-pumps", 2, "201", "timed_out", "")),
            holds=(("201", 10.2),),
        )
    ],
    "warm_outside": [
        Story(
            talks=(("201", 1.3), ("", 1.8)),
            passed=(("warm", "201", "vendor", "", "accepted"),),
            holds=(("201", 1.2),),
        )
    ],
    "blind_to_agent": _blind("", "202", 1.6),
    "blind_to_line": _blind("pumps", "211", 0.8, ("second-pumps", 2, "caller", "answered", "211")),
    "blind_local": _blind("", "202", 1.6),
    "blind_local_optimised": _blind("", "202", 1.6),
    "attended_parallel_retry": [
        _attended("", "212", 2.0, 1.1),
        Story("internal", "other", stays=()),  # the first try: 203 is busy
    ],
    "attended_local": [_attended("", "211", 1.6, 0.8)],
    "attended_local_optimised": [_attended("", "211", 1.6, 0.8)],
    "attended_line": [
        _attended("pumps", "211", 2.2, 0.8, ("second-pumps", 2, "201", "answered", "211"))
    ],
    "click": [Story("outbound", talks=(("201", 0.8),), stays=())],
    "click_busy": [Story("outbound", "busy", stays=())],
    "click_agent_away": [Story("outbound", "other", stays=())],
    "own_outbound": [Story("outbound", talks=(("201", 0.8),), stays=())],
}


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
        tuple((e.mode.value, e.by, e.to, e.agent, e.end.value) for e in call.escalations),
        tuple((v.queue, v.tier, whose[v.uniqueid], v.end.value, v.agent) for v in call.visits),
        tuple(
            (whose[hold.uniqueid], round((hold.ended_at - hold.began_at).total_seconds(), 1))
            for hold in call.holds
            if hold.ended_at
        ),
    )


@pytest.mark.parametrize("name", STORIES)
def test_a_recording_is_folded_to_its_story(name: str) -> None:
    calls, _ = play(name)
    inorder = sorted(calls.values(), key=lambda call: call.started_at)
    assert [story_of(call) for call in inorder] == STORIES[name]
    assert {call.known for call in inorder} == {Known.LIVE}


def test_every_recording_is_expected_in_one_place() -> None:
    assert sorted([*EXPECTED, *STORIES]) == NAMES


@pytest.mark.parametrize("name", ["blind_local", "attended_local"])
def test_with_and_without_optimisation_are_two_different_recordings(name: str) -> None:
    kinds = [{fact.kind for fact in facts_in(each)} for each in (name, f"{name}_optimised")]
    assert [Kind.LOCAL_OPTIMISED in each for each in kinds] == [False, True]


def test_the_number_dialled_and_the_service_of_an_agents_own_call() -> None:
    [call] = play("own_outbound")[0].values()
    assert (call.service, call.did) == ("lines", "0401110020")


def test_an_attempt_can_be_told_by_its_id() -> None:
    [call] = play("click")[0].values()
    assert call.attempt.startswith("ccg-")
    assert call.attempt == call.legs[0].uniqueid
