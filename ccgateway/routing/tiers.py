"""The lines of a service: where an escalation goes, who is on call, what the next agent reads.

The dialplan escalates by itself, also with the gateway dead: what it needs to know stands in
Asterisk's global variables, which ``globals_of`` makes. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime

from ccgateway.routing.service import Service
from ccgateway.routing.tier import BACK, FIRST, NEXT, Target

FIRST_TIER = 1
LAST_TIER = 9
DIGITS = range(2, 10)
"""What agents press for a target; 1 is the next tier."""

DIGIT_OF_BACK = "0"

RETURNING = 20
"""Added to the service's priority for a caller who comes back to first line: before those who
have not talked with anybody yet, and before those who are escalated (10 by default)."""

LONGEST_DISPLAY = 40
"""Characters of a display text: desk phones show about 20, and cut the rest themselves."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_+/-]")
"""The dialplan takes globals apart at ``|`` and puts them into expressions: nothing else passes."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]+")
"""What AMI's Setvar, and our encoder, take in the name of a variable."""

_DISPLAYED = frozenset(" .-'")
_LETTERS_AND_DIGITS = ("L", "M", "N")
"""Unicode's major categories: letters, the marks on them, numbers."""


def on_call(target: Target, service: Service, now: datetime) -> str:
    """The number (E.164) of who is on call at ``now`` (aware), the first in the file that fits;
    '' where it is nobody."""
    local = now.astimezone(service.timezone)
    for person in target.on_call:
        if not person.hours or any(hours.hold(local) for hours in person.hours):
            return person.number
    return ""


def next_target(service: Service, tier: int) -> Target | None:
    """The first target of the next tier above ``tier``; None at the top."""
    above = [target for target in service.targets if target.tier > tier]
    return min(above, key=lambda target: target.tier, default=None)


def target_of(service: Service, to: str, tier: int) -> Target | None:
    """The target that ``to`` says: a name, or NEXT for a call that is at ``tier`` now."""
    if to == NEXT:
        return next_target(service, tier)
    return next((target for target in service.targets if target.name == to), None)


def ways_of(service: Service, tier: int) -> list[str]:
    """All that ``to`` can be for a call of this service that is at ``tier`` now."""
    upward = [NEXT] if next_target(service, tier) else []
    return [*(target.name for target in service.targets), *upward, BACK]


def globals_of(
    services: Iterable[Service], now: datetime, phones: Iterable[str] = ()
) -> dict[str, str]:
    """The dialplan's global variables, by name, as they should be at ``now`` (aware). What a
    service does not have is there as '', and each prefix that none has: they may have had it
    before. ``phones``: the agents', as ``PJSIP/101``."""
    found = {f"CCG_PREFIX_{prefix:02}": "" for prefix in range(100)}
    for service in services:
        found |= dict(_of_service(service, now))
    return found | dict(_of_phones(phones))


def _of_phones(phones: Iterable[str]) -> Iterator[tuple[str, str]]:
    """How the dialplan knows a colleague's phone from any other extension. One whose name no
    variable can have (it holds a dot) is left out."""
    for phone in phones:
        technology, _, endpoint = phone.partition("/")
        if technology == "PJSIP" and _SAFE_NAME.fullmatch(endpoint):
            yield f"CCG_PHONE_{endpoint}", phone


def _of_service(service: Service, now: datetime) -> Iterator[tuple[str, str]]:
    for did in service.dids:
        yield f"CCG_SERVICE_{did.removeprefix('+')}", service.id
    yield f"CCG_FIRST_{service.id}", _joined(service.queue, str(service.priority + RETURNING))
    by_digit = {target.digit: target for target in service.targets}
    for digit in DIGITS:
        found = by_digit.get(digit)
        told = _target(found, service, now) if found else ""
        yield f"CCG_TARGET_{service.id}_{digit}", told
    for tier in range(FIRST_TIER, LAST_TIER + 1):
        above = next_target(service, tier)
        yield f"CCG_NEXT_{service.id}_{tier}", str(above.digit) if above else ""
    yield f"CCG_OWN_{service.id}", _joined(*service.own_numbers[:1])
    if service.outbound_prefix:
        yield f"CCG_PREFIX_{service.outbound_prefix}", service.id


def _target(target: Target, service: Service, now: datetime) -> str:
    """``name|tier|queue|number|limit|then|priority|whisper``."""
    digits = {other.name: str(other.digit) for other in service.targets}
    return _joined(
        target.name,
        str(target.tier),
        target.queue,
        on_call(target, service, now),
        str(target.limit),
        target.then if target.then in (BACK, FIRST) else digits[target.then],
        str(target.priority),
        target.whisper,
    )


def _joined(*values: str) -> str:
    return "|".join(_UNSAFE.sub("", value) for value in values)


def display(case: int | None, name: str) -> str:
    """What the next agent's phone shows of a call: ``#1042 Station 17``. Of ``name``, whoever gave
    it, only letters of any script, digits and blank . - ' are left: the dialplan, SIP and phones'
    displays are nobody's way in."""
    harmless = "".join(
        character if _is_displayed(character) else " "
        for character in unicodedata.normalize("NFC", name)
    )
    number = [] if case is None else [f"#{case}"]
    return " ".join([*number, *harmless.split()])[:LONGEST_DISPLAY].rstrip()


def _is_displayed(character: str) -> bool:
    return character in _DISPLAYED or unicodedata.category(character)[0] in _LETTERS_AND_DIGITS
