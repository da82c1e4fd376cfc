"""Calls as they happen in a centre, played on the exchange in miniature: what each voice tells.

A call is a list of steps, which hypothesis draws; how long each takes is drawn by a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from ccgateway.telephony.facts import Kind
from tests.unit.calls.exchange import TRUNK, Exchange

AGENTS = ("201", "202", "203")  # first line
SECOND = ("211", "212")
QUEUE, PUMPS = "first", "second-pumps"
PHONES = {f"PJSIP/{agent}": agent for agent in (*AGENTS, *SECOND)}
QUEUES = frozenset({QUEUE, PUMPS})


@dataclass(frozen=True)
class Plan:
    """What happens. ``door``: who sent him into the queue, or that no gateway was there; ``rings``:
    how those are who do not answer; ``after``: what becomes of the talk, in order; ``member``: how
    who answers is a member of the queue."""

    seed: int
    kind: str = "inbound"
    door: str = "gateway"
    rings: tuple[str, ...] = ()
    end: str = "answered"
    member: str = "phone"
    after: tuple[str, ...] = ()
    hangs_up: str = "caller"


class Play(Exchange):
    """One caller, and those who talk with him."""

    caller = phone = agent = queue = bridge_name = second = behind = ""
    wires: tuple[tuple[str, str], ...] = ()  # halves of a Local channel between them, and where

    # -- in

    def arrive(self, door: str) -> None:
        """He comes in by the trunk and reaches our door."""
        self.caller = self.channel(TRUNK, "", "from-trunk", "1010", caller_number="+358401110020")
        self.say(Kind.ENTERED, self.caller, did="1010", presentation="allowed")
        if door == "gateway":
            self.wait(0.002, 0.01)
            words = {"service": "lines", "client": "acme", "queue": QUEUE, "goal": "queue"}
            self.ourselves(Kind.ROUTED, self.caller, **words)
            self.wait(0.002, 0.01)
        elif door == "dialplan":
            words = {"reason": "heartbeat", "service": "lines", "queue": QUEUE}
            self.say(Kind.FELL_BACK, self.caller, **words)
        self.say(Kind.CHANNEL_ANSWERED, self.caller)

    def refused(self) -> None:
        """Closed: a message."""
        self.say(Kind.MESSAGE_PLAYED, self.caller, message="closed")
        self.wait(1, 3)
        self.gone(self.caller)

    def seek(self, caller: str, queue: str, rings: tuple[str, ...]) -> None:
        """He joins a queue; some are rung in vain."""
        self.join(caller, queue)
        for number, how in enumerate(rings):
            agents = AGENTS[1:] if queue == QUEUE else SECOND[1:]
            phone = self.ring(caller, queue, agents[number % len(agents)])
            self.unanswered(caller, queue, phone, how)
            self.wait(1.001, 2)

    def taken(self, caller: str, queue: str, agent: str, member: str = "phone") -> str:
        """An agent answers him."""
        self.agent, self.queue = agent, queue
        if member != "phone":
            return self._taken_by_local(caller, queue, agent, optimised=member == "optimised")
        self.phone = self.ring(caller, queue, agent)
        self.wait(0.2, 4)
        self.answer(self.phone, caller)
        self.bridge_name = self.connect(caller, queue, agent, self.phone)
        return self.phone

    def _taken_by_local(self, caller: str, queue: str, agent: str, *, optimised: bool) -> str:
        near, far, self.phone = self.ring_local(caller, queue, agent)
        self.wait(0.2, 4)
        self.answer(self.phone, far)
        self.answer(near, caller)
        self.answer(far)
        behind = self.bridge(self.phone, far)
        self.bridge_name = self.connect(caller, queue, agent, self.phone, near)
        if optimised:
            self.leave(behind, self.phone)
            self.leave(self.bridge_name, near)
            self.enter(self.phone, self.bridge_name, swapped=near)
            self.say(Kind.LOCAL_OPTIMISED, near, far)
            self.leave(behind, far)
            self.gone(near, far)
        else:
            self.behind = behind
            self.wires = ((near, self.bridge_name), (far, behind))
        return self.phone

    # -- in the talk

    def hold(self) -> None:
        self.wait(0.5, 5)
        self.say(Kind.HOLD_BEGAN, self.phone)
        self.wait(0.5, 20)
        self.say(Kind.HOLD_ENDED, self.phone)
        self.wait(0.3, 5)

    def _press(self, mode: str) -> None:
        """The agent's key: Asterisk holds the caller while it carries it out."""
        self.wait(1.2, 8)
        self.say(Kind.HOLD_BEGAN, self.phone)
        words = {"mode": mode, "target": "2", "to": "pumps", "tier": "2", "customer": self.caller}
        self.say(Kind.ESCALATED, self.phone, service="lines", **words)
        self.say(Kind.HOLD_ENDED, self.phone)
        self.say(Kind.BLIND_TRANSFERRED, self.phone, self.caller, result="Success")
        self.say(Kind.HOLD_ENDED, self.phone)

    def _let_go(self) -> None:
        """The agent is out of the caller's bridge."""
        self.leave(self.bridge_name, self.phone)
        self.completed(self.caller, self.queue, self.agent, self.phone, "transfer")
        self.leave(self.bridge_name, self.caller)

    def cold(self) -> None:
        self._to_pumps("cold")
        self.taken(self.caller, PUMPS, SECOND[0])

    def cold_nobody(self) -> None:
        """Nobody at the pumps: back to the agent, by his phone's number."""
        agent = self._to_pumps("cold", "no_answer")
        self.time_out(self.caller, PUMPS)
        self.say(Kind.RETURNED, self.caller, to="agent", reason="TIMEOUT")
        self.agent, self.queue = agent, ""
        self.phone = self.channel(f"PJSIP/{agent}", self.caller)
        self.say(Kind.DIAL_BEGAN, self.phone, self.caller, dialled=agent)
        self.say(Kind.CHANNEL_RINGING, self.phone)
        self.wait(0.2, 3)
        self.answer(self.phone, self.caller)
        self.bridge_name = self.bridge(self.phone, self.caller)

    def cold_overflow(self) -> None:
        """Nobody at the pumps: on to the vendor's engineer."""
        self._to_pumps("cold", "no_answer")
        self.time_out(self.caller, PUMPS)
        words = {"service": "lines", "tier": "3", "mode": "overflow"}
        self.say(Kind.TIER_ENTERED, self.caller, "vendor", **words)
        self._engineer(self.caller)
        self.bridge_name = self.bridge(self.phone, self.caller)

    def cold_given_up(self) -> None:
        """The caller hangs up while the pumps ring."""
        self._to_pumps("cold")
        phone = self.ring(self.caller, PUMPS, SECOND[0])
        self.wait(0.5, 3)
        self.give_up(self.caller, PUMPS, [phone])
        self.caller = ""

    def _to_pumps(self, mode: str, *rings: str) -> str:
        agent = self.agent
        self._press(mode)
        self._let_go()
        words = {"service": "lines", "tier": "2", "mode": mode}
        self.say(Kind.TIER_ENTERED, self.caller, "pumps", **words)
        self.gone(self.phone)
        self.seek(self.caller, PUMPS, rings)
        return agent

    def _engineer(self, by: str) -> None:
        self.phone = self.channel(TRUNK, by, "from-trunk", "s")
        self.say(Kind.DIAL_BEGAN, self.phone, by, dialled="+358942454900@trunk")
        self.say(Kind.CHANNEL_RINGING, self.phone)
        self.wait(0.3, 3)
        self.answer(self.phone, by)
        self.agent = self.queue = ""

    def blind(self) -> None:
        """The phone's own button, to a line."""
        self.wait(0.5, 8)
        self.say(Kind.HOLD_ENDED, self.phone)  # Asterisk says so, whether he held him or not
        self.say(Kind.BLIND_TRANSFERRED, self.phone, self.caller, result="Success")
        self._let_go()
        words = {"service": "lines", "tier": "2", "mode": "blind"}
        self.say(Kind.TIER_ENTERED, self.caller, "pumps", **words)
        self.gone(self.phone)
        self.seek(self.caller, PUMPS, ("busy",))
        self.taken(self.caller, PUMPS, SECOND[0])

    # -- warm

    def _consult(self) -> tuple[str, str]:
        """The agent speaks with the second line. His channel, and the first agent's name."""
        asks, agent = self.phone, self.agent
        self._press("warm")
        self._let_go()
        self.say(Kind.HELD, self.caller)
        words = {"service": "lines", "tier": "2", "mode": "warm"}
        self.say(Kind.TIER_ENTERED, asks, "pumps", **words)
        return asks, agent

    def _consulting(self) -> tuple[str, str]:
        asks, agent = self._consult()
        self.seek(asks, PUMPS, ())
        self.taken(asks, PUMPS, SECOND[0])
        self.wait(0.8, 8)
        return asks, agent

    def warm(self) -> None:
        """The agent hangs up: the second line has the caller."""
        asks, _ = self._consulting()
        self.leave(self.bridge_name, asks)
        self.completed(asks, PUMPS, self.agent, self.phone, "caller")
        self.leave(self.bridge_name, self.phone)
        self.gone(asks)
        self.bridge_name = self.bridge(self.caller, self.phone)
        self.queue = ""

    def warm_back(self) -> None:
        """The agent takes the caller back."""
        asks, agent = self._consulting()
        self.completed(asks, PUMPS, self.agent, self.phone, "agent")
        self.leave(self.bridge_name, self.phone, asks)
        self.say(Kind.QUEUE_RESULT, asks, PUMPS, status="CONTINUE")
        self.gone(self.phone)
        self.bridge_name = self.bridge(self.caller, asks)
        self.phone, self.agent, self.queue = asks, agent, ""

    def warm_three(self) -> None:
        """He makes it three, and leaves."""
        asks, _ = self._consulting()
        self.say(Kind.JOINED, asks)
        self.enter(self.caller, self.bridge_name)
        self.wait(1.5, 8)
        self.completed(asks, PUMPS, self.agent, self.phone, "caller")
        self.leave(self.bridge_name, asks)
        self.gone(asks)
        self.queue = ""

    def warm_nobody(self) -> None:
        asks, agent = self._consult()
        self.seek(asks, PUMPS, ("busy", "busy"))
        self.time_out(asks, PUMPS)
        self.bridge_name = self.bridge(self.caller, asks)
        self.phone, self.agent, self.queue = asks, agent, ""

    # -- the phone's own two lines

    def _second_line(self) -> tuple[str, str]:
        """He holds the caller, and speaks with a colleague on another line of his phone."""
        self.wait(0.5, 5)
        self.say(Kind.HOLD_BEGAN, self.phone)
        own = self.channel(f"PJSIP/{self.agent}", "", "from-phones", SECOND[1])
        theirs = self.channel(f"PJSIP/{SECOND[1]}", own)
        self.say(Kind.DIAL_BEGAN, theirs, own, dialled=SECOND[1])
        self.say(Kind.CHANNEL_RINGING, theirs)
        self.wait(0.3, 3)
        self.answer(theirs, own)
        self.say(Kind.CHANNEL_ANSWERED, own)
        self.second = self.bridge(theirs, own)
        self.wait(0.8, 6)
        return own, theirs

    def attended(self) -> None:
        """He joins the two by his phone's button."""
        own, theirs = self._second_line()
        self.say(Kind.HOLD_ENDED, self.phone)
        self.leave(self.second, theirs)
        self.leave(self.bridge_name, self.phone)
        self.enter(theirs, self.bridge_name, swapped=self.phone)
        words = {"transferee": self.caller, "target": theirs, "result": "Success"}
        self.say(Kind.ATTENDED_TRANSFERRED, self.phone, own, **words)
        if self.queue:
            self.completed(self.caller, self.queue, self.agent, self.phone, "transfer")
        self.leave(self.second, own)
        self.gone(self.phone, own)
        self.phone, self.agent, self.queue = theirs, SECOND[1], ""

    def conference(self) -> None:
        """His phone mixes the two, then he lets the colleague go."""
        own, theirs = self._second_line()
        self.say(Kind.HOLD_ENDED, self.phone)
        self.wait(5.5, 9)
        self.leave(self.second, own)
        self.gone(own)
        self.leave(self.second, theirs)
        self.gone(theirs)
        self.wait(1, 3)

    # -- out

    def over(self, hangs_up: str) -> None:
        """Somebody hangs up."""
        self.wait(1.2, 20)
        if self.queue:
            self.completed(self.caller, self.queue, self.agent, self.phone, hangs_up)
        ends = [(self.caller, self.bridge_name), *self.wires, (self.phone, self.behind)]
        if hangs_up == "agent":
            ends.reverse()
        for channel, bridge in ends:
            self.leave(bridge or self.bridge_name, channel)
        self.gone(*(channel for channel, _ in ends))

    # -- calls of our own

    def own(self, how: str) -> None:
        """From an agent's phone with a service's prefix."""
        self.agent, self.phone = AGENTS[0], self.channel("PJSIP/201", "", exten="*5100401110020")
        words = {"service": "lines", "dialled": "0401110020"}
        self.say(Kind.SERVICE_CHOSEN, self.phone, **words)
        self._call_out(how)

    def click(self, how: str) -> None:
        """By click: we originate, the agent's phone rings first."""
        attempt = f"ccg-{int(self.now.timestamp())}.000000007"
        words = {"agent": AGENTS[0], "dialled": "+358401110020", "service": "lines"}
        self.ourselves(Kind.ATTEMPTED, attempt, **words)
        self.agent, self.phone = AGENTS[0], self.channel("PJSIP/201", uniqueid=attempt)
        self.say(Kind.DIAL_BEGAN, self.phone, dialled="201")
        self.say(Kind.CHANNEL_RINGING, self.phone)
        self.wait(0.5, 5)
        if how == "away":
            self.say(Kind.ORIGINATED, self.phone, response="Failure", reason="3")
            self.gone(self.phone, cause="19")
            return
        self.say(Kind.CHANNEL_ANSWERED, self.phone)
        self.say(Kind.ORIGINATED, self.phone, response="Success", reason="4")
        self.say(Kind.DIAL_ENDED, self.phone, status="ANSWER")
        self._call_out(how)

    def _call_out(self, how: str) -> None:
        self.caller = self.channel(TRUNK, self.phone, "from-trunk", "s")
        self.say(Kind.DIAL_BEGAN, self.caller, self.phone, dialled="+358401110020@trunk")
        self.wait(0.5, 6)
        if how == "busy":
            self.say(Kind.DIAL_ENDED, self.caller, self.phone, status="BUSY")
            self.say(Kind.DIAL_OUTCOME, self.phone, status="BUSY", cause="17", sip="486 Busy Here")
            self.gone(self.caller, cause="17")
            self.wait(2, 2.1)
            self.gone(self.phone, cause="17")
            return
        self.answer(self.caller, self.phone)
        if not self.phone.startswith("ccg-"):
            self.say(Kind.CHANNEL_ANSWERED, self.phone)
        self.bridge_name = self.bridge(self.caller, self.phone)
        self.over("agent")


STEPS: dict[str, Callable[[Play], None]] = {
    step.__name__: step
    for step in (
        Play.hold, Play.cold, Play.cold_nobody, Play.cold_overflow, Play.cold_given_up, Play.blind,
        Play.warm, Play.warm_back, Play.warm_three, Play.warm_nobody,
        Play.attended, Play.conference,
    )
}  # fmt: skip


def play(plan: Plan, *, jitter: bool = True) -> Play:
    """The call, told by all voices."""
    here = Play(Random(plan.seed), jitter=jitter)
    if plan.kind != "inbound":
        getattr(here, plan.kind)(plan.end)
        return here
    here.arrive(plan.door)
    if plan.end == "refused":
        here.refused()
        return here
    here.wait(0.002, 1.5)
    here.seek(here.caller, QUEUE, plan.rings)
    if plan.end == "given_up":
        ringing = [here.ring(here.caller, QUEUE, AGENTS[0])]
        here.wait(0.5, 10)
        here.give_up(here.caller, QUEUE, ringing)
        return here
    if plan.end == "timed_out":
        here.time_out(here.caller, QUEUE)
        here.refused()
        return here
    here.taken(here.caller, QUEUE, AGENTS[0], plan.member)
    for step in plan.after:
        if here.caller and (here.agent == AGENTS[0] or (step == "hold" and here.agent)):
            STEPS[step](here)
    if here.caller:
        here.over(plan.hangs_up)
    return here


inbound = st.builds(
    Plan,
    seed=st.integers(0, 2**32),
    door=st.sampled_from(["gateway", "dialplan"]),
    rings=st.lists(st.sampled_from(["no_answer", "busy"]), max_size=3).map(tuple),
    end=st.sampled_from(["answered"] * 5 + ["given_up", "timed_out", "refused"]),
    member=st.sampled_from(["phone", "phone", "optimised"]),
    after=st.lists(st.sampled_from(sorted(STEPS)), max_size=3).map(tuple),
    hangs_up=st.sampled_from(["caller", "agent"]),
)
by_local = st.builds(Plan, seed=st.integers(0, 2**32), member=st.just("local"))
outbound = st.builds(
    Plan,
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(["own", "click"]),
    end=st.sampled_from(["answered", "busy"]),
) | st.builds(Plan, seed=st.integers(0, 2**32), kind=st.just("click"), end=st.just("away"))
plans = inbound | inbound | inbound | by_local | outbound
