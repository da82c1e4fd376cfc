"""The simulated phones and callers do what their names say, on the wire and in real audio."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccgateway.rig import messages
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.errors import RigError
from ccgateway.rig.phones import Behaviour
from ccgateway.rig.sipp import Caller, Habits, Sipps
from ccgateway.rig.waiting import until

pytestmark = pytest.mark.acceptance


async def test_every_phone_behaves_as_its_name_says(sipps: Sipps) -> None:
    await sipps.start_phones(habits=Habits(ring_ms=200, talk_ms=700, hold_ms=300))
    dialled = {behaviour: str(behaviour.phones[0]) for behaviour in Behaviour}
    callers = sipps.place(
        [Caller(str(139 - n), phone, 3000) for n, phone in enumerate(dialled.values())],
        from_phone=True,
    )
    await until(lambda: callers.process.poll() is not None, "the callers end", seconds=30)

    truth = {call.did: call for call in sipps.truth()}
    answered = {b for b, phone in dialled.items() if truth[phone].talks}
    assert answered == {Behaviour.ANSWERS, Behaviour.HANGS_UP, Behaviour.HOLDS}
    ring = truth[dialled[Behaviour.HANGS_UP]].talks[0]
    assert ring.answered_at
    assert ring.ended_at
    assert ring.ended_at - ring.answered_at < timedelta(seconds=1.5)
    assert not truth[dialled[Behaviour.HANGS_UP]].caller_ended
    assert truth[dialled[Behaviour.ANSWERS]].caller_ended
    assert all(len(call.rings) == 1 for call in truth.values())


async def test_a_phone_that_holds_sends_two_reinvites(sipps: Sipps) -> None:
    await sipps.start_phones([Behaviour.HOLDS], Habits(ring_ms=100, talk_ms=300, hold_ms=300))
    callers = sipps.place([Caller("139", "151", 2000)], from_phone=True)
    assert await callers.finished(20) == 0

    sent = [m for m in messages.read(sipps.phones[0].messages) if m.sent and m.method == "INVITE"]
    assert [m.headers["cseq"] for m in sent] == ["2 INVITE", "3 INVITE"]


async def test_audio_flows_both_ways(sipps: Sipps, rig_asterisk: RigAsterisk) -> None:
    await sipps.start_phones([Behaviour.ANSWERS], Habits(ring_ms=100))
    callers = sipps.place([Caller("139", "101", 4000)], from_phone=True)

    async def packets() -> list[list[int]]:
        """Received and transmitted RTP packets of each channel in a bridge."""
        rows = [
            line.split() for line in (await rig_asterisk.rx("pjsip show channelstats")).split("\n")
        ]
        return [[int(row[4]), int(row[8])] for row in rows if "ulaw" in row]

    async def heard() -> bool:
        counts = await packets()
        return len(counts) == 2 and all(count > 20 for pair in counts for count in pair)

    await until(heard, "RTP on both legs, both ways")
    assert await callers.finished(20) == 0


async def test_a_withheld_number_is_asserted_and_kept_private(sipps: Sipps) -> None:
    await sipps.start_phones([Behaviour.ANSWERS])
    callers = sipps.place(
        [
            Caller("+358401234567", "1000", 2500, name="Maija", withheld=True),
            Caller("+358401234568", "1000", 2500, name="Maija"),
        ]
    )
    assert await callers.finished(30) == 0

    # no gateway runs: the dialplan's static branch, the fallback queue, rings first line
    withheld, shown = sorted(sipps.truth(), key=lambda call: call.number)
    assert (withheld.withheld, shown.withheld) == (True, False)
    assert len(withheld.talks) == len(shown.talks) == 1


def test_text_that_sipp_cannot_write_is_refused() -> None:
    with pytest.raises(RigError, match="line break"):
        Caller("+358401234567", "1000", 100, name="a;b").line("127.0.0.2")
