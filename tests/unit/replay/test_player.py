"""A recording goes the gateway's own way: what it did then, it does again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccgateway.calls.call import Call, Known
from ccgateway.calls.homes import Home
from ccgateway.calls.recorded import Ami, Cel, Head, Heard, Of, QueueLog
from ccgateway.replay.files import Recording, read
from ccgateway.replay.journals import journal_lines
from ccgateway.replay.player import Player, calls_of
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot

RECORDINGS = Path(__file__).parents[2] / "scenarios" / "recordings"
NOW = datetime(2026, 11, 22, 6, 2, 25, tzinfo=UTC)
CALLER = "1795327344.70"


def recording(name: str = "queue_call") -> Recording:
    return read(RECORDINGS / f"{name}.jsonl")


def told(head: Head, *heard: Heard) -> Call:
    [call] = calls_of(head, heard)
    return call


def ours(kind: Kind, at: datetime, **detail: str) -> Heard:
    return Heard("pbx1", at, Fact("pbx1", kind, CALLER, at, source=Source.SELF, detail=detail))


def test_what_we_decided_is_told_with_what_asterisk_said() -> None:
    whole = recording()
    route = ours(Kind.ROUTED, NOW, service="hotline", client="oilco", case="1042")
    call = told(whole.head, *whole.heard, route)
    assert (call.service, call.client, call.case) == ("hotline", "oilco", 1042)


def test_whose_the_service_is_that_the_dialplan_names_stands_in_the_head() -> None:
    whole = recording("own_outbound")
    head = replace(whole.head, services={"lines": Home("oilco")})
    assert told(head, *whole.heard).client == "oilco"


def test_a_link_that_was_cut_makes_the_calls_partial() -> None:
    whole = recording()
    middle = len(whole.heard) // 2
    down = Fact("pbx1", Kind.LINK_DOWN, "pbx1", NOW, NOW.isoformat(), source=Source.SELF)
    there = SeenChannel(
        CALLER, CALLER, "PJSIP/trunk-00000046", "ccg-queue", "s", "", "", "Up", "", NOW
    )
    seen = Snapshot("pbx1", NOW, [there], [], [])
    gap = [Heard("pbx1", NOW, down), Heard("pbx1", NOW, seen)]
    call = told(whole.head, *whole.heard[:middle], *gap, *whole.heard[middle:])
    assert call.known is Known.PARTIAL
    assert told(whole.head, *whole.heard).known is Known.LIVE


@pytest.mark.parametrize("name", ["escalate_cold", "warm_completed", "gives_up"])
def test_what_only_the_journals_heard_is_told_too(name: str) -> None:
    whole = recording(name)
    journals = [each for each in whole.heard if isinstance(each.value, Cel | QueueLog)]
    live, alone = told(whole.head, *whole.heard), told(whole.head, *journals)
    assert alone.call_id == live.call_id
    assert alone.started_at == live.started_at
    assert alone.disposition is live.disposition
    assert [talk.agent for talk in alone.talks] == [talk.agent for talk in live.talks]


def test_stored_facts_tell_the_same_as_what_was_heard() -> None:
    whole = recording("warm_completed")
    player = Player(whole.head)
    for each in whole.heard:
        player.take(each)
    [story] = player.stories()
    facts = [Heard("pbx1", fact.at, fact) for fact in story.facts]
    assert told(replace(whole.head, of=Of.STORED), *facts) == story.call()


def test_what_is_not_ours_is_not_told() -> None:
    whole = recording("queue_call")
    strangers = {
        node: replace(one, queues=(), contexts=(), phones={})
        for node, one in whole.head.ours.items()
    }
    doors = {"UserEvent"}
    heard = [
        each
        for each in whole.heard
        if not (isinstance(each.value, Ami) and dict(each.value.headers)["Event"] in doors)
        and not (isinstance(each.value, Ami) and "ccg-" in str(each.value.headers))
    ]
    assert calls_of(replace(whole.head, ours=strangers), heard) == []


def test_of_the_journals_only_what_tells_of_that_time_is_taken(tmp_path: Path) -> None:
    whole = recording("gives_up")
    cels = [each.value.text for each in whole.heard if isinstance(each.value, Cel)]
    logs = [each.value.text for each in whole.heard if isinstance(each.value, QueueLog)]
    (tmp_path / "cel-custom").mkdir()
    (tmp_path / "cel-custom" / "ccgateway.csv").write_text("\n".join((*cels, "half a rec")))
    (tmp_path / "queue_log").write_text("\n".join((*logs, "")))
    start = told(whole.head, *whole.heard).started_at
    second = timedelta(seconds=1)

    def taken(since: datetime, before: datetime) -> list[Heard]:
        return list(journal_lines("pbx1", tmp_path, since, before, NOW))

    assert taken(start - 2 * second, start - second) == []
    every = taken(start - second, start + 60 * second)
    assert {type(each.value) for each in every} == {Cel, QueueLog}
    assert len(taken(start, start + second / 100)) < len(every)
    assert list(journal_lines("pbx1", tmp_path / "none", start, start + second, NOW)) == []
