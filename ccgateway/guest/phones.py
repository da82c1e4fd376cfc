"""What Asterisk's own configuration tells of phones, trunks and contexts: so that less is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from ccgateway.conffile import ConfFault, Section, read
from ccgateway.guest.answers import Answers
from ccgateway.guest.asterisk import Asterisk

_EVERY_NUMBER = re.compile(
    r"_(?:X|\[[^\]]*\])?[.!]\s*,[^,]*,\s*Goto\((?P<to>[\w-]+),\s*\$\{EXTEN\},\s*1\)\s*"
)
ANONYMOUS = "anonymous"
"""Asterisk's name for the endpoint, also ``anonymous@domain``, of callers whom it does not know."""

_NAME = re.compile(r'\s*"?(?P<name>[^"<]*?)"?\s*<')


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that registers here: ``PJSIP/101``, whose it is ("" where that is not said), and the
    context that it dials in."""

    interface: str
    name: str
    context: str


def pjsip_of(asterisk: Asterisk) -> list[Section]:
    """What is in pjsip.conf. It only helps: where it cannot be read, nothing is known."""
    with suppress(ConfFault):
        conf = read(asterisk.etc / "pjsip.conf", asterisk.etc)
        return [section for section in conf.sections if not section.template]
    return []


def phones_in(pjsip: Iterable[Section]) -> list[Phone]:
    """The endpoints of pjsip.conf that have a number for a name."""
    return [
        Phone(f"PJSIP/{section.name}", _name(section), section.get("context") or "")
        for section in pjsip
        if section.get("type") == "endpoint" and section.name.isascii() and section.name.isdigit()
    ]


def answers_in(pjsip: Iterable[Section]) -> Answers:
    """What is plain: the one context that all phones dial in; and the trunk, where one endpoint
    alone is no phone, nor strangers', nor FreePBX's for what belongs to no endpoint."""
    sections = list(pjsip)
    phones = {phone.interface.partition("/")[2] for phone in phones_in(sections)}
    dialled = {phone.context for phone in phones_in(sections)}
    none = {*phones, *(s.get("default_outbound_endpoint") for s in sections)}
    trunks = [s for s in sections if s.get("type") == "endpoint" and s.name not in none]
    trunks = [s for s in trunks if s.name.partition("@")[0] != ANONYMOUS]
    one = trunks[0] if len(trunks) == 1 else None
    return Answers(
        trunk_context=(one.get("context") or "") if one else "",
        phones_context=dialled.pop() if len(dialled) == 1 else "",
        trunk=f"PJSIP/NUMBER@{one.name}" if one else "",
    )


def hook(context: str, dialplan: Iterable[Section]) -> str:
    """Where something is added to ``context``. FreePBX and Issabel write the contexts themselves,
    and include one for the administrator in each: from-internal, sooner or later, includes
    from-internal-custom. Elsewhere it is the context itself.

    They have a context for each trunk, too, which takes every number itself, and passes it on to
    from-trunk: the one that it includes is never asked, so it is from-trunk's that counts."""
    sections = list(dialplan)
    way = [context]
    while (to := _passed_on(way[-1], sections)) and to not in way:
        way.append(to)
    for here in way:
        custom = [name for name in reached(here, sections)[1:] if name.endswith("-custom")]
        if not custom:
            return here
    own = f"{way[-1]}-custom"
    return own if own in custom else custom[0]


def _passed_on(context: str, dialplan: Iterable[Section]) -> str:
    """Where a context sends every number; "" where it does not."""
    for section in dialplan:
        for value in section.values("exten") if section.name == context else ():
            if found := _EVERY_NUMBER.fullmatch(value):
                return found["to"]
    return ""


def reached(context: str, dialplan: Iterable[Section]) -> list[str]:
    """The context, and all that it includes, sooner or later."""
    includes: dict[str, list[str]] = {}
    for section in dialplan:
        includes.setdefault(section.name, []).extend(
            value.partition(",")[0].strip() for value in section.values("include")
        )
    names = [context]
    for name in names:
        names += [found for found in includes.get(name, []) if found not in names]
    return names


def _name(section: Section) -> str:
    found = _NAME.match(section.get("callerid") or "")
    name = found["name"].strip() if found else ""
    # bytes that are no UTF-8 came as surrogates, which no TOML may hold
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
