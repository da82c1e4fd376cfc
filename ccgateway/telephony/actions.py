"""Actions: what the gateway asks of Asterisk. Values only; ``ami/encode`` writes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetGlobal:
    """Set a global dialplan variable (AMI Setvar without a channel)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AddMember:
    """Make an agent's phone a dynamic member of a managed queue (AMI QueueAdd)."""

    queue: str
    interface: str
    member: str
    penalty: int = 0
    paused: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take a phone out of a managed queue (AMI QueueRemove)."""

    queue: str
    interface: str


@dataclass(frozen=True, slots=True)
class PauseMember:
    """Pause or unpause a phone in a managed queue (AMI QueuePause)."""

    queue: str
    interface: str
    paused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetPenalty:
    """Ring a phone of a managed queue sooner or later than the others (AMI QueuePenalty)."""

    queue: str
    interface: str
    penalty: int


MemberAction = AddMember | RemoveMember | PauseMember | SetPenalty


@dataclass(frozen=True, slots=True)
class PressKey:
    """A key of a phone, as if it were pressed on ``channel`` (AMI PlayDTMF, received)."""

    channel: str
    key: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang a channel up (AMI Hangup)."""

    channel: str


@dataclass(frozen=True, slots=True)
class Originate:
    """Ring a phone, and when it is answered go on in the dialplan, at ``s`` of ``context`` (AMI
    Originate). ``id`` is the ActionID and the channel's uniqueid; ``ring`` in seconds;
    ``variables`` and ``headers`` (SIP, of the phone's INVITE) are name and value."""

    id: str
    channel: str
    context: str
    caller_number: str
    caller_name: str
    ring: int
    variables: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


Action = SetGlobal | MemberAction | PressKey | HangUp | Originate


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a queue as Asterisk tells it (QueueMember, QueueStatus)."""

    queue: str
    interface: str
    name: str
    dynamic: bool
    paused: bool
    reason: str = ""
    penalty: int = 0
    device_state: int = 0  # AST_DEVICE_*: 1 not in use, 2 in use, 3 busy, 5 unavailable, 6 ringing
