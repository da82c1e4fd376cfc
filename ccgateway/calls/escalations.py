"""How a call was passed on, by whom, and what became of it: the marks that the facts set.

An escalation by code is told by our dialplan (CCGEscalate, CCGTier, CCGReturn), also where it was
asked for by API: we press the keys then. A phone's own buttons are told by Asterisk's transfer
events, or (a conference) found out by ``mixing``. Who took it, and when, is not told: it shows in
who talks with whom (``outcome``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccgateway.calls.call import Mode
from ccgateway.calls.kin import was_called
from ccgateway.telephony.facts import Fact, Kind

ONE_PRESS = timedelta(seconds=5)
"""What tells of one pressing of a key comes within this: the dialplan's word, and Asterisk's
transfer that carries it out. It takes some milliseconds, and longer on a busy PBX."""

_BY_CODE = frozenset({Mode.COLD, Mode.WARM, Mode.BACK})
_MODES = {mode.value: mode for mode in Mode}
FIRST = "first"


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two channels of who transfers, or makes it three, by the phone's button: when it
    was born (None: not seen), whether he was called on it, and the line that it sought."""

    born: datetime | None
    called: bool
    to: str = ""
    tier: int | None = None


@dataclass(slots=True)
class Passing:
    """One passing-on as told. ``channel`` is of who passes on, ``consults`` that on which he
    speaks with the next one first ('' where he does not), ``customer`` the one passed on.

    Of an attended transfer and of a conference it is not told which ``halves`` is which, nor when
    it began: ``outcome`` finds that out.
    """

    at: datetime
    mode: Mode
    channel: str
    customer: str = ""
    consults: str = ""
    to: str = ""
    tier: int | None = None
    overflow: bool = False
    carried_out: bool = False  # Asterisk's BlindTransfer for it was seen
    transferred_at: datetime | None = None  # by the phone's button, after it had consulted
    halves: Mapping[str, Half] = field(default_factory=dict)
    parted: bool = False  # a conference: one of the two is on hold again
    returned_at: datetime | None = None
    returned_to: str = ""
    alone: list[datetime] = field(default_factory=list)  # when the caller sought a line by himself

    @property
    def done_at(self) -> datetime:
        """When the caller was passed on; what became of the one before was settled by then."""
        return self.transferred_at or self.at


@dataclass(slots=True)
class _Sought:
    """A channel seeks a tier."""

    at: datetime
    to: str
    tier: int | None


@dataclass(slots=True)
class Escalations:
    """The passings-on of one call, in order. Facts must come in ``reduce.order``."""

    passings: list[Passing] = field(default_factory=list)
    _sought: dict[str, _Sought] = field(default_factory=dict)
    _early: dict[str, _Sought] = field(default_factory=dict)  # of a blind transfer not told yet
    _born: dict[str, datetime] = field(default_factory=dict)
    _called: set[str] = field(default_factory=set)
    _waiting: set[str] = field(default_factory=set)  # callers on music while two agents consult

    def take(self, fact: Fact) -> None:
        """Look at one fact; most are none of ours."""
        self._know(fact)
        match fact.kind:
            case Kind.ESCALATED:
                self._escalate(fact)
            case Kind.TIER_ENTERED:
                self._seek(fact)
            case Kind.BLIND_TRANSFERRED:
                self._blind(fact)
            case Kind.ATTENDED_TRANSFERRED if fact.detail.get("result") == "Success":
                self._attended(fact)
            case Kind.MIXED:
                self._mix(fact)
            case Kind.RETURNED:
                self._return(fact, fact.detail.get("to", FIRST))
            case _:
                pass

    def _know(self, fact: Fact) -> None:
        """Keep what a channel is, for when it is passed on."""
        match fact.kind:
            case Kind.CHANNEL_CREATED:
                self._born.setdefault(fact.subject, fact.at)
                if was_called(fact):
                    self._called.add(fact.subject)
            case Kind.AGENT_CALLED:
                self._called.add(fact.subject)
            case Kind.DIAL_BEGAN if fact.place:  # else by click: he is the one who calls
                self._called.add(fact.subject)
            case Kind.HELD:
                self._waiting.add(fact.subject)
            case Kind.BRIDGE_ENTERED | Kind.QUEUE_JOINED | Kind.CHANNEL_ENDED:
                self._waiting.discard(fact.subject)
            case Kind.HOLD_BEGAN if self.last and fact.subject in self.last.halves:
                self.last.parted = True
            case _:
                pass

    @property
    def last(self) -> Passing | None:
        """The newest one."""
        return self.passings[-1] if self.passings else None

    def _escalate(self, fact: Fact) -> None:
        mode = _MODES.get(fact.detail.get("mode", ""), Mode.COLD)
        told = Passing(
            fact.at,
            mode,
            fact.subject,
            fact.detail.get("customer", ""),
            fact.subject if mode is Mode.WARM else "",
            fact.detail.get("to", ""),
            tier_of(fact),
        )
        self.passings.append(told)

    def _seek(self, fact: Fact) -> None:
        to, tier, mode = fact.place, tier_of(fact), fact.detail.get("mode", "")
        self._sought[fact.subject] = _Sought(fact.at, to, tier)
        last = self.last
        near = last if last and fact.at - last.at < ONE_PRESS else None
        if near and not _concerns(near, fact.subject):
            near = None
        if mode == "overflow":
            self.passings.append(
                Passing(fact.at, Mode.COLD, "", fact.subject, to=to, tier=tier, overflow=True)
            )
        elif mode == "return":
            self._return(fact, FIRST)
        elif mode == Mode.BLIND and not (near and near.mode is Mode.BLIND and not near.to):
            self._early[fact.subject] = self._sought[fact.subject]
        elif near:
            near.to, near.tier = near.to or to, near.tier or tier
        if mode == Mode.WARM and last and last.mode is Mode.WARM and last.customer == fact.subject:
            last.alone.append(fact.at)

    def _blind(self, fact: Fact) -> None:
        """The phone's button; or Asterisk carrying out what an agent's code asked for. The customer
        may have sought the tier already: two threads of Asterisk's tell the one and the other."""
        code, failed = self._code(fact), fact.detail.get("result") != "Success"
        if code and failed:
            self.passings.remove(code)
        elif code:
            code.carried_out = True
        elif not failed and not self._is_consulting(fact.place):
            told = Passing(fact.at, Mode.BLIND, fact.subject, fact.place)
            early = self._early.pop(fact.place, None)
            if early and fact.at - early.at < ONE_PRESS:
                told.to, told.tier = early.to, early.tier
            self.passings.append(told)

    def _code(self, fact: Fact) -> Passing | None:
        """The code that this transfer of Asterisk's carries out. Where the line was empty, the next
        one's (overflow) may have been told before it."""
        last = next((one for one in reversed(self.passings) if not one.overflow), None)
        if (
            last
            and last.mode in _BY_CODE
            and not last.carried_out
            and fact.at - last.at < ONE_PRESS
            and (last.channel == fact.subject or last.customer == fact.place)
        ):
            return last
        return None

    def _is_consulting(self, channel: str) -> bool:
        """Who consults is passed on by whom he consults with: the caller is not, he waits on."""
        return bool(self.last and self.last.mode is Mode.WARM and self.last.consults == channel)

    def _attended(self, fact: Fact) -> None:
        transferee = fact.detail.get("transferee", "")
        if not self._is_consulting(transferee) and not self._leaves(fact):
            self.passings.append(self._by_two_lines(fact, Mode.ATTENDED, transferee))

    def _leaves(self, fact: Fact) -> bool:
        """Whether who made it three only leaves the two others: some phones join them by this."""
        last = self.last
        return last is not None and self._is_conference(last, fact) and not last.parted

    def _mix(self, fact: Fact) -> None:
        """The phone may have held one meanwhile: it is the same conference again. A third line is
        mixed with each of the two; that is one more, not two."""
        inside: set[str] = set()
        for one in self.passings:
            if self._is_conference(one, fact):
                one.parted = False
            if one.mode is Mode.CONFERENCE:
                inside |= one.halves.keys()
        if not {fact.subject, fact.place} <= inside and not self._waits_for(fact):
            self.passings.append(self._by_two_lines(fact, Mode.CONFERENCE))

    def _waits_for(self, fact: Fact) -> bool:
        """Whether the caller waits for the end of a consultation on one of the two lines: then it
        is not he who is brought in."""
        last = self.last
        return (
            last is not None
            and last.mode is Mode.WARM
            and last.customer in self._waiting
            and last.consults in {fact.subject, fact.place}
        )

    @staticmethod
    def _is_conference(passing: Passing, fact: Fact) -> bool:
        """Whether it is the one of the two channels that the fact is about."""
        halves = {fact.subject, fact.place}
        return passing.mode is Mode.CONFERENCE and passing.halves.keys() == halves

    def _by_two_lines(self, fact: Fact, mode: Mode, customer: str = "") -> Passing:
        return Passing(
            fact.at,
            mode,
            fact.subject,
            customer,
            fact.place,
            transferred_at=fact.at,
            halves={half: self._half(half) for half in (fact.subject, fact.place)},
        )

    def _half(self, channel: str) -> Half:
        sought = self._sought.get(channel)
        born, called = self._born.get(channel), channel in self._called
        return Half(born, called, sought.to, sought.tier) if sought else Half(born, called)

    def _return(self, fact: Fact, to: str) -> None:
        """The dialplan tells of first line twice: that he goes back, and that he seeks it."""
        last = self.last
        if last and last.returned_to != to:
            last.returned_at, last.returned_to = fact.at, to
            last.alone.append(fact.at)


def tier_of(fact: Fact) -> int | None:
    """The number of a tier: 1 is first line."""
    tier = fact.detail.get("tier", "")
    return int(tier) if tier in {"1", "2", "3", "4", "5", "6", "7", "8", "9"} else None


def _concerns(passing: Passing, channel: str) -> bool:
    return channel in {passing.customer, passing.channel} or not passing.customer
