"""Events -> facts: real ones from the recordings, and hostile ones."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.ami.decode import ALWAYS, SOMETIMES, event_of, fact_of
from ccgateway.ami.framing import Headers
from ccgateway.calls.recorded import Ami
from ccgateway.replay.files import read
from ccgateway.telephony.facts import Fact, Kind

RECORDINGS = Path(__file__).parents[2] / "scenarios" / "recordings"
RECEIVED = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

CALLER = "1795327344.70"
AGENT = "1795327344.71"


def recorded(name: str) -> list[Headers]:
    heard = read(RECORDINGS / f"{name}.jsonl").heard
    return [list(each.value.headers) for each in heard if isinstance(each.value, Ami)]


def facts_of(name: str) -> list[Fact]:
    events = [event_of("pbx1", headers, RECEIVED) for headers in recorded(name)]
    return [fact for event in events if (fact := fact_of(event)) is not None]


def fact(*headers: tuple[str, str]) -> Fact | None:
    return fact_of(event_of("pbx1", list(headers), RECEIVED))


def test_an_answered_call_fact_by_fact() -> None:
    """Kind, subject, and milliseconds since the first."""
    facts = facts_of("queue_call")
    began = facts[0].at
    assert [
        (fact.kind, fact.subject, round((fact.at - began) / timedelta(milliseconds=1)))
        for fact in facts
    ] == [
        (Kind.CHANNEL_CREATED, CALLER, 0),
        (Kind.ENTERED, CALLER, 0),
        (Kind.CHANNEL_ANSWERED, CALLER, 0),
        (Kind.QUEUE_JOINED, CALLER, 502),
        (Kind.CHANNEL_CREATED, AGENT, 502),
        (Kind.AGENT_CALLED, AGENT, 503),
        (Kind.DIAL_BEGAN, AGENT, 503),
        (Kind.CHANNEL_RINGING, AGENT, 504),
        (Kind.CHANNEL_ANSWERED, AGENT, 808),
        (Kind.DIAL_ENDED, AGENT, 808),
        (Kind.QUEUE_LEFT, CALLER, 808),
        (Kind.AGENT_CONNECTED, CALLER, 808),
        (Kind.BRIDGE_ENTERED, AGENT, 808),
        (Kind.BRIDGE_ENTERED, CALLER, 808),
        (Kind.CHANNEL_HANGUP_REQUESTED, CALLER, 2508),
        (Kind.AGENT_COMPLETED, CALLER, 2508),
        (Kind.BRIDGE_LEFT, CALLER, 2508),
        (Kind.CHANNEL_HANGUP_REQUESTED, CALLER, 2509),
        (Kind.CHANNEL_ENDED, CALLER, 2509),
        (Kind.BRIDGE_LEFT, AGENT, 2509),
        (Kind.CHANNEL_ENDED, AGENT, 2509),
    ]


def test_details_of_a_call() -> None:
    found = {(fact.kind, fact.subject): fact for fact in facts_of("queue_call")}
    created = found[Kind.CHANNEL_CREATED, CALLER]
    assert created.detail == {
        "channel": "PJSIP/trunk-00000046",
        "linkedid": CALLER,
        "context": "from-trunk",
        "exten": "1000",
        "caller_number": "358401110001",
        "caller_name": "Ääkkönen",
    }
    assert created.at.tzinfo is UTC
    entered = found[Kind.ENTERED, CALLER]
    assert entered.detail["did"] == "1000"
    assert entered.detail["presentation"] == "allowed_not_screened"
    joined = found[Kind.QUEUE_JOINED, CALLER]
    assert (joined.place, joined.detail["position"], joined.detail["count"]) == (
        "stations",
        "1",
        "1",
    )
    called = found[Kind.AGENT_CALLED, AGENT]
    assert called.place == "stations"
    assert called.detail["agent"] == "101"
    assert called.detail["interface"] == "PJSIP/101"
    assert called.detail["caller"] == CALLER
    assert called.detail["channel"].startswith("PJSIP/101-")
    dialled = found[Kind.DIAL_ENDED, AGENT]
    assert (dialled.place, dialled.detail["status"]) == (CALLER, "ANSWER")
    assert dialled.detail["channel"].startswith("PJSIP/101-")
    connected = found[Kind.AGENT_CONNECTED, CALLER]
    assert (connected.place, connected.detail["agent_uniqueid"]) == ("stations", AGENT)
    completed = found[Kind.AGENT_COMPLETED, CALLER]
    assert (completed.detail["reason"], completed.detail["talktime"]) == ("caller", "1")
    ended = found[Kind.CHANNEL_ENDED, CALLER]
    assert (ended.detail["cause"], ended.detail["cause_text"]) == ("16", "Normal Clearing")


def test_the_caller_s_number_stands_only_where_it_is_needed() -> None:
    for fact in facts_of("queue_call"):
        if fact.kind not in (Kind.CHANNEL_CREATED, Kind.CHANNEL_CALLER_ID):
            assert "358401110001" not in fact.detail.values()


def test_what_is_unknown_is_left_out() -> None:
    made = [fact for fact in facts_of("abandoned") if fact.kind is Kind.CHANNEL_CREATED]
    assert made[0].detail["caller_number"] == "358401110003"
    assert "caller_name" not in made[0].detail


def test_ringing_out_and_the_next_agent() -> None:
    facts = facts_of("ring_no_answer")
    offers = [
        (fact.kind, fact.detail["agent"])
        for fact in facts
        if fact.kind in (Kind.AGENT_CALLED, Kind.AGENT_RANG_OUT, Kind.AGENT_CONNECTED)
    ]
    assert offers == [
        (Kind.AGENT_CALLED, "101"),
        (Kind.AGENT_RANG_OUT, "101"),
        (Kind.AGENT_CALLED, "102"),
        (Kind.AGENT_CONNECTED, "102"),
    ]
    called, rang_out = (
        next(fact for fact in facts if fact.kind is kind)
        for kind in (Kind.AGENT_CALLED, Kind.AGENT_RANG_OUT)
    )
    assert (called.subject, called.place) == (rang_out.subject, rang_out.place)


def test_a_local_member_is_joined_and_optimised_away() -> None:
    facts = facts_of("local_member_optimised")
    joined = next(fact for fact in facts if fact.kind is Kind.LOCAL_JOINED)
    assert joined.detail["channel"].endswith(";1")
    assert joined.detail["other_channel"].endswith(";2")
    optimised = next(fact for fact in facts if fact.kind is Kind.LOCAL_OPTIMISED)
    assert (optimised.subject, optimised.place) == (joined.subject, joined.place)
    # The phone takes the place of the Local half that sat in the caller's bridge.
    swapped = [fact.detail["swapped"] for fact in facts if "swapped" in fact.detail]
    assert swapped == [joined.subject]


def test_hold_and_unhold_are_the_agent_s() -> None:
    facts = [fact for fact in facts_of("hold") if fact.kind in (Kind.HOLD_BEGAN, Kind.HOLD_ENDED)]
    assert [fact.kind for fact in facts] == [Kind.HOLD_BEGAN, Kind.HOLD_ENDED]
    assert all(fact.detail["channel"].startswith("PJSIP/101-") for fact in facts)


def test_the_words_of_our_dialplan() -> None:
    found = {fact.kind: fact for fact in facts_of("queue_timeout")}
    assert found[Kind.QUEUE_RESULT].place == "stations"
    assert found[Kind.QUEUE_RESULT].detail["status"] == "TIMEOUT"
    assert found[Kind.MESSAGE_PLAYED].detail["message"] == "full"
    assert found[Kind.FELL_BACK].detail["reason"] == "overflow"
    assert found[Kind.QUEUE_ABANDONED].place == "stations"


def test_the_words_of_an_escalation() -> None:
    found = {fact.kind: fact for fact in facts_of("warm_three")}
    escalated, sought = found[Kind.ESCALATED], found[Kind.TIER_ENTERED]
    caller = next(fact.subject for fact in facts_of("warm_three"))
    assert escalated.detail["customer"] == caller
    told = {key: escalated.detail[key] for key in ("mode", "target", "to", "tier")}
    assert told == {"mode": "warm", "target": "2", "to": "pumps", "tier": "2"}
    assert (sought.subject, sought.place) == (escalated.subject, "pumps")
    assert (sought.detail["tier"], sought.detail["mode"]) == ("2", "warm")
    assert found[Kind.HELD].subject == caller
    assert found[Kind.JOINED].subject == escalated.subject
    returned = {fact.kind: fact for fact in facts_of("escalate_nobody")}[Kind.RETURNED]
    assert (returned.detail["to"], returned.detail["reason"]) == ("agent", "TIMEOUT")


@pytest.mark.parametrize("name", ["CCGFallback", "CCGTier", "CCGEscalate"])
def test_the_dialplan_names_the_service(name: str) -> None:
    event = [("Event", "UserEvent"), ("UserEvent", name), ("Uniqueid", "1.1")]
    told = fact(*event, ("Service", "hotline"))
    assert told
    assert told.detail["service"] == "hotline"
    untold = fact(*event, ("Service", ""))
    assert untold
    assert "service" not in untold.detail


def test_transfers_name_all_their_channels() -> None:
    blind = next(f for f in facts_of("blind_to_agent") if f.kind is Kind.BLIND_TRANSFERRED)
    assert blind.detail["channel"].startswith("PJSIP/201-")
    assert (blind.detail["result"], blind.detail["exten"]) == ("Success", "202")
    attended = next(f for f in facts_of("attended_line") if f.kind is Kind.ATTENDED_TRANSFERRED)
    channels = {f.subject: f.detail["channel"] for f in facts_of("attended_line")}
    four = (attended.subject, attended.place, attended.detail["transferee"])
    names = [channels[each].split("-")[0] for each in (*four, attended.detail["target"])]
    assert names == ["PJSIP/201", "PJSIP/201", "PJSIP/trunk", "PJSIP/211"]
    assert blind.place == next(fact.subject for fact in facts_of("blind_to_agent"))


def test_bridges_are_told_with_their_type() -> None:
    types = {f.detail["bridge_type"] for f in facts_of("warm_three") if "bridge_type" in f.detail}
    assert types == {"basic"}


def test_an_attempt_is_told_by_its_id() -> None:
    facts = facts_of("click_agent_away")
    [told] = [fact for fact in facts if fact.kind is Kind.ORIGINATED]
    assert told.subject == facts[0].subject
    assert (told.detail["response"], told.detail["reason"]) == ("Failure", "3")


def test_the_originate_of_another_is_none_of_ours() -> None:
    assert fact(("Event", "OriginateResponse"), ("ActionID", "7"), ("Uniqueid", "1.1")) is None


def test_how_an_outbound_call_went() -> None:
    outcome = next(f for f in facts_of("click_busy") if f.kind is Kind.DIAL_OUTCOME)
    assert (outcome.detail["status"], outcome.detail["cause"]) == ("BUSY", "17")
    assert outcome.detail["sip"].startswith("486")
    chosen = next(f for f in facts_of("own_outbound") if f.kind is Kind.SERVICE_CHOSEN)
    assert (chosen.detail["service"], chosen.detail["dialled"]) == ("lines", "0401110020")


def test_every_event_we_decode_is_in_a_recording() -> None:
    seen: Counter[str] = Counter()
    for file in RECORDINGS.glob("*.jsonl"):
        seen.update(dict(headers)["Event"] for headers in recorded(file.stem))
    assert set(ALWAYS | SOMETIMES) - set(seen) == set()


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("1795327344.000070", datetime(2026, 11, 22, 6, 2, 24, 70, tzinfo=UTC)),
        ("1795327344.5", datetime(2026, 11, 22, 6, 2, 24, 500000, tzinfo=UTC)),
        ("1795327344", datetime(2026, 11, 22, 6, 2, 24, tzinfo=UTC)),
        ("", RECEIVED),
        ("soon", RECEIVED),
        ("9" * 40, RECEIVED),
        ("1795327344.x", RECEIVED),
    ],
)
def test_the_time_is_asterisk_s_where_it_tells_one(stamp: str, at: datetime) -> None:
    assert event_of("pbx1", [("Event", "X"), ("Timestamp", stamp)], RECEIVED).at == at


def test_repeated_headers_are_kept_and_the_first_is_asterisk_s() -> None:
    event = event_of(
        "pbx1",
        [
            ("Event", "UserEvent"),
            ("Uniqueid", "1.1"),
            ("UserEvent", "CCGInbound"),
            ("DID", "1000"),
            ("Uniqueid", "forged by a dialplan"),
            ("DID", "2000"),
            ("DID", "3000"),
        ],
        RECEIVED,
    )
    assert event.repeated == {
        "Uniqueid": ("1.1", "forged by a dialplan"),
        "DID": ("1000", "2000", "3000"),
    }
    fact = fact_of(event)
    assert fact is not None
    assert (fact.subject, fact.detail["did"]) == ("1.1", "1000")


def test_an_originated_call_has_no_calling_channel() -> None:
    told = fact(("Event", "DialBegin"), ("DestUniqueid", "1.1"), ("DestChannel", "PJSIP/1-1"))
    assert told is not None
    assert (told.subject, told.place) == ("1.1", "")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Response", "Success")],
        [("Event", "")],
        [("Event", "Newchannel")],
        [("Event", "Newchannel"), ("Uniqueid", "")],
        [("Event", "Newstate"), ("Uniqueid", "1.1"), ("ChannelState", "4")],
        [("Event", "Newstate"), ("Uniqueid", "1.1")],
        [("Event", "UserEvent"), ("UserEvent", "Foreign"), ("Uniqueid", "1.1")],
        [("Event", "VarSet"), ("Uniqueid", "1.1")],
    ],
)
def test_events_that_tell_nothing_are_passed_over(headers: Headers) -> None:
    assert fact(*headers) is None


@given(
    st.sampled_from(sorted(ALWAYS | SOMETIMES)),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Uniqueid", "DestUniqueid", "Timestamp", "UserEvent", "ChannelState", "Cause", "X"]
            ),
            st.text(max_size=20) | st.sampled_from(["CCGInbound", "5", "1.1", "1e999", "-1.-1"]),
        )
    ),
)
def test_no_value_of_a_header_breaks_decoding(name: str, headers: Headers) -> None:
    told = fact(("Event", name), *headers)
    assert told is None or told.subject
