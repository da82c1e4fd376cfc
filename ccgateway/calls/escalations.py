"""How a call was passed on, by whom, and what became of it: the marks that the facts set.

An escalation by code is told by our dialplan (CCGEscalate, CCGTier, CCGReturn, CCGJoin), one by
API by us; a phone's own buttons by Asterisk's transfer events. Who took it, and when, is not told:
it shows in who talks with whom (``outcome``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccgateway.calls.call import Mode
from ccgateway.telephony.facts import Fact, Kind

ONE_PRESS = timedelta(seconds=5)
"""What tells of one pressing of a key comes within this: our word by API, the dialplan's, and
Asterisk's transfer that carries it out. It takes some milliseconds, and longer on a busy PBX."""

_BY_CODE = frozenset({Mode.COLD, Mode.WARM, Mode.BACK})
_MODES = {mode.value: mode for mode in Mode}
FIRST = "first"


@dataclass(slots=True)
class Passing:
    """One passing-on as told. ``channel`` is of who passes on, ``consults`` that on which he
    speaks with the next one first ('' where he does not), ``customer`` the one passed on."""

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
    joined_at: datetime | None = None
    returned_at: datetime | None = None
    returned_to: str = ""


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

    def take(
        self, fact: Fact, is_agent: Callable[[str], bool], partner: Callable[[str], str]
    ) -> None:
        """Look at one fact; most are none of ours. ``is_agent``: whether a channel is an agent's;
        ``partner``: who is connected with a channel now."""
        match fact.kind:
            case Kind.CHANNEL_CREATED:
                self._born.setdefault(fact.subject, fact.at)
            case Kind.ESCALATED:
                self._escalate(fact, is_agent, partner)
            case Kind.TIER_ENTERED:
                self._seek(fact)
            case Kind.BLIND_TRANSFERRED if fact.detail.get("result") == "Success":
                self._blind(fact)
            case Kind.ATTENDED_TRANSFERRED if fact.detail.get("result") == "Success":
                self._attended(fact)
            case Kind.RETURNED:
                self._return(fact, fact.detail.get("to", FIRST))
            case Kind.JOINED if self.passings:
                self.passings[-1].joined_at = fact.at
            case _:
                pass

    @property
    def last(self) -> Passing | None:
        """The newest one."""
        return self.passings[-1] if self.passings else None

    def _escalate(
        self, fact: Fact, is_agent: Callable[[str], bool], partner: Callable[[str], str]
    ) -> None:
        said = fact.detail
        channel, customer = fact.subject, said.get("customer", "")
        if not is_agent(channel) and customer in {"", channel}:  # by API, told of the caller
            channel, customer = partner(channel), channel
        mode = _MODES.get(said.get("mode", ""), Mode.COLD)
        told = Passing(
            fact.at,
            mode,
            channel,
            customer or partner(channel),
            channel if mode is Mode.WARM else "",
            said.get("to", ""),
            tier_of(fact),
        )
        last = self.last
        if last and _is_one(last, told):
            last.to, last.tier = last.to or told.to, last.tier or told.tier
        else:
            self.passings.append(told)

    def _seek(self, fact: Fact) -> None:
        to, tier, mode = fact.place, tier_of(fact), fact.detail.get("mode", "")
        self._sought[fact.subject] = _Sought(fact.at, to, tier)
        last = self.last
        if mode == "overflow":
            self._overflow(fact, to, tier)
        elif mode == "return":
            self._return(fact, FIRST)
        elif last and fact.at - last.at < ONE_PRESS and _concerns(last, fact.subject):
            last.to, last.tier = last.to or to, last.tier or tier
        if mode == Mode.BLIND and not (last and last.mode is Mode.BLIND and last.to == to):
            self._early[fact.subject] = self._sought[fact.subject]

    def _overflow(self, fact: Fact, to: str, tier: int | None) -> None:
        """Nobody took the call where it was: another tier is tried. An agent who consults goes on
        consulting there."""
        last = self.last
        if last and last.consults == fact.subject:
            told = Passing(fact.at, Mode.WARM, last.channel, last.customer, last.consults)
        else:
            told = Passing(fact.at, Mode.COLD, "", fact.subject)
        told.to, told.tier, told.overflow = to, tier, True
        self.passings.append(told)

    def _blind(self, fact: Fact) -> None:
        """The phone's button; or Asterisk carrying out what an agent's code asked for. The customer
        may have sought the tier already: two threads of Asterisk's tell the one and the other."""
        last = self.last
        if (
            last
            and last.mode in _BY_CODE
            and not last.carried_out
            and fact.at - last.at < ONE_PRESS
            and (last.channel == fact.subject or last.customer == fact.place)
        ):
            last.carried_out = True
        else:
            told = Passing(fact.at, Mode.BLIND, fact.subject, fact.place)
            early = self._early.pop(fact.place, None)
            if early and fact.at - early.at < ONE_PRESS:
                told.to, told.tier = early.to, early.tier
            self.passings.append(told)

    def _attended(self, fact: Fact) -> None:
        """Of the two channels of who transfers, the younger is the one he consulted with, if he
        had the caller first. It began when he dialled."""
        consults = max(fact.subject, fact.place, key=lambda c: (self._born.get(c, fact.at), c))
        channel = fact.subject if consults == fact.place else fact.place
        sought = self._sought.get(consults)
        told = Passing(
            self._born.get(consults, fact.at),
            Mode.ATTENDED,
            channel,
            fact.detail.get("transferee", ""),
            consults,
            sought.to if sought else "",
            sought.tier if sought else None,
            transferred_at=fact.at,
        )
        self.passings.append(told)

    def _return(self, fact: Fact, to: str) -> None:
        if last := self.last:
            last.returned_at, last.returned_to = fact.at, to


def tier_of(fact: Fact) -> int | None:
    """The number of a tier: 1 is first line."""
    tier = fact.detail.get("tier", "")
    return int(tier) if tier in {"1", "2", "3", "4", "5", "6", "7", "8", "9"} else None


def _concerns(passing: Passing, channel: str) -> bool:
    return channel in {passing.customer, passing.channel} or not passing.customer


def _is_one(last: Passing, told: Passing) -> bool:
    """Whether two tell of the same pressing: by us and by the dialplan, or by the phone's button
    that led to a code's target."""
    return (
        told.at - last.at < ONE_PRESS
        and last.channel == told.channel
        and last.returned_at is None
        and (last.mode is told.mode or last.mode is Mode.BLIND)
    )
