"""Actions -> AMI headers -> bytes. Nothing that could become another header passes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ccgateway.ami.framing import Headers
from ccgateway.errors import UnsafeText
from ccgateway.telephony.actions import (
    Action,
    AddMember,
    HangUp,
    Originate,
    PauseMember,
    PressKey,
    RemoveMember,
    SetGlobal,
    SetPenalty,
)

MAX_LINE_BYTES = 1000  # Asterisk reads a line into 1024 bytes, and cuts the link at a longer one
MAX_HEADERS = 100  # Asterisk takes 128 (AST_MAX_MANHEADERS) and ignores the rest

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")  # "-" for the services' ids in its names
_PHONE_KEY = re.compile(r"[0-9*#]\Z")
NORMAL = "16"  # Q.850: normal call clearing
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories: control characters, lone surrogates, line and paragraph separators."""

_SPLITTING = frozenset(',"\\')
_QUOTING = frozenset('"\\<>')


def headers_of(action: Action) -> Headers:
    """The headers of an action, ``Action`` first. Raises UnsafeText."""
    match action:
        case SetGlobal():
            return _set_global(action)
        case AddMember():
            return _add_member(action)
        case PauseMember():
            return _pause_member(action)
        case RemoveMember() | SetPenalty():
            return _change_member(action)
        case PressKey() | HangUp():
            return _in_a_hand(action)
        case Originate():
            return _originate(action)


def _in_a_hand(action: PressKey | HangUp) -> Headers:
    """What a person does at a phone."""
    if isinstance(action, HangUp):
        return [("Action", "Hangup"), ("Channel", action.channel), ("Cause", NORMAL)]
    if not _PHONE_KEY.match(action.key):
        raise UnsafeText("not a key of a phone")
    # Receive: the channel's own side pressed it, and hooks see it. Without, its side would hear it.
    return [
        ("Action", "PlayDTMF"),
        ("Channel", action.channel),
        ("Digit", action.key),
        ("Receive", "true"),
    ]


def _set_global(action: SetGlobal) -> Headers:
    # Setvar takes NAME(...) for a dialplan function and calls it: SHELL() would be one of them.
    if not _VARIABLE.match(action.name):
        raise UnsafeText("not the name of a dialplan variable")
    return [("Action", "Setvar"), ("Variable", action.name), ("Value", action.value)]


def _add_member(action: AddMember) -> Headers:
    headers = [
        ("Action", "QueueAdd"),
        ("Queue", action.queue),
        ("Interface", action.interface),
        ("MemberName", action.member),
        ("Penalty", str(action.penalty)),
        # With it in one action no call can come between joining and pausing.
        ("Paused", _truth(action.paused)),
    ]
    if action.paused and action.reason:
        headers.append(("Reason", action.reason))
    return headers


def _pause_member(action: PauseMember) -> Headers:
    headers = [
        ("Action", "QueuePause"),
        ("Queue", action.queue),
        ("Interface", action.interface),
        ("Paused", _truth(action.paused)),
    ]
    if action.reason:
        headers.append(("Reason", action.reason))
    return headers


def _change_member(action: RemoveMember | SetPenalty) -> Headers:
    member = [("Queue", action.queue), ("Interface", action.interface)]
    if isinstance(action, RemoveMember):
        return [("Action", "QueueRemove"), *member]
    return [("Action", "QueuePenalty"), *member, ("Penalty", str(action.penalty))]


def _originate(action: Originate) -> Headers:
    headers = [
        ("Action", "Originate"),
        ("ActionID", action.id),
        ("ChannelId", action.id),
        ("Channel", action.channel),
        ("Context", action.context),
        ("Exten", "s"),
        ("Priority", "1"),
        ("CallerID", f'"{_shown(action.caller_name)}" <{_shown(action.caller_number)}>'),
        ("Timeout", str(action.ring * 1000)),
        # Without it Asterisk holds up the whole link while the phone rings, and tells no outcome.
        ("Async", "true"),
    ]
    for name, value in action.variables:
        if not _VARIABLE.match(name):
            raise UnsafeText("not the name of a dialplan variable")
        headers.append(("Variable", f"{name}={_one(value)}"))
    for name, value in action.headers:
        if not _KEY.match(name):
            raise UnsafeText("not the name of a SIP header")
        headers.append(("Variable", f"PJSIP_HEADER(add,{name})={_one(value)}"))
    return headers


def _one(value: str) -> str:
    """A value that sets one variable: a comma would begin a second, also within quotes."""
    if not _SPLITTING.isdisjoint(value):
        raise UnsafeText("the value of a channel variable holds a comma, quote or backslash")
    return value


def _shown(text: str) -> str:
    """A part of a CallerID, which quotes and angle brackets would end."""
    if not _QUOTING.isdisjoint(text):
        raise UnsafeText("a caller ID holds quotes, backslashes or angle brackets")
    return text


def _truth(value: bool) -> str:
    return "true" if value else "false"


def wire(headers: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of one action, closed by an empty line. Raises UnsafeText, which does not repeat
    the value: it may be a person's name or a secret."""
    lines = [_line(key, value) for key, value in headers]
    if len(lines) > MAX_HEADERS:
        raise UnsafeText(f"an AMI action has more than {MAX_HEADERS} headers")
    return b"".join(lines) + b"\r\n"


def _line(key: str, value: str) -> bytes:
    if not _KEY.match(key):
        raise UnsafeText("not the name of an AMI header")
    if any(unicodedata.category(character) in _FORBIDDEN for character in value):
        raise UnsafeText(f"the value of {key} holds control characters")
    line = f"{key}: {value}\r\n".encode()
    if len(line) > MAX_LINE_BYTES:
        raise UnsafeText(f"the value of {key} is longer than an AMI line ({MAX_LINE_BYTES} bytes)")
    return line
