"""What the administrator should know before he says yes: what of his stands in the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccgateway.guest.phones import hook, reached
from ccgateway.guest.snippets import Wanted, is_true

_KEYS = re.compile(r"\*[1-4]")
_OURS = "*1, *2, *3 and *4"
GONE_KEY = "automon"
"""A key of features.conf that IssabelPBX and FreePBX write for *1, and that went with res_monitor.
Asterisk then says "Could not find option suitable", and the whole file counts for nothing."""

_CODES = re.compile(r"\*1[1-4]|\*13\d|\*[23][1-9]")  # as in dialplan/ccg-agent-codes.conf
_FIRST = {"extensions.conf": "globals", "cel_custom.conf": "mappings"}
_GENERAL = {
    "persistentmembers": "else a restart of Asterisk logs the agents out while the gateway is away",
    "shared_lastcall": "else agents of several queues have no pause between two calls",
}


def notes(wanted: Wanted) -> list[str]:
    """One line each."""
    return [
        *_unseen(wanted),
        *_contexts(wanted),
        *_taken(wanted),
        *_codes(wanted),
        *_settled(wanted),
        *_keys(wanted),
        *_outside(wanted),
    ]


def _unseen(wanted: Wanted) -> Iterator[str]:
    """We do not run his scripts. Asterisk reads only the first [general] (or [globals] ...): where
    none is written above our line, ours may come to be the second."""
    for his in wanted.his.values():
        ours = _FIRST.get(his.part.file, "general")
        said = "" if ours in his.before else f"; if it makes [{ours}], write that into the file"
        for place in his.execs:
            yield f"{place}: what this #exec makes is not seen from here{said}"


def _contexts(wanted: Wanted) -> Iterator[str]:
    dialplan = wanted.his["extensions.conf"]
    for name, what in (
        (wanted.answers.trunk_context, "--trunk-context: callers"),
        (wanted.answers.phones_context, "--phones-context: agents"),
    ):
        option, who = what.split(": ")
        if not name:
            yield f"{who} do not reach ccgateway yet: say their context, {option} NAME"
        elif not dialplan.named(name):
            yield f"{option} {name}: there is no such context in {dialplan.part.file} now"


def _taken(wanted: Wanted) -> Iterator[str]:
    """His own lines for our numbers come before ours."""
    dialplan = wanted.his["extensions.conf"]
    for setting in dialplan.settings(hook(wanted.answers.trunk_context, dialplan.sections)):
        number, _, rest = setting.value.partition(",")
        if setting.key == "exten" and number in wanted.dids and rest.startswith("1,"):
            yield f"{setting.place}: {number} goes elsewhere by this line: take it out"


def _codes(wanted: Wanted) -> Iterator[str]:
    """His own codes that agents dial. FreePBX has *11, *12 (log on and off), *30 to *32."""
    dialplan = wanted.his["extensions.conf"]
    for name in reached(wanted.answers.phones_context, dialplan.sections):
        for setting in dialplan.settings(name):
            code, _, rest = setting.value.partition(",")
            if setting.key == "exten" and rest.startswith("1,") and _CODES.fullmatch(code):
                yield (
                    f"{setting.place}: {code} is an agents' code of ours, too, and one hides the "
                    "other: give yours another, or take it out"
                )


def _settled(wanted: Wanted) -> Iterator[str]:
    """Of queues.conf's general settings Asterisk takes the first, which is his."""
    seen = set()
    for setting in wanted.his["queues.conf"].settings("general"):
        key = setting.key.lower()
        if key in _GENERAL and key not in seen and not is_true(setting.value):
            yield f"{setting.place}: {key} = {setting.value}: write yes; {_GENERAL[key]}"
        seen.add(key)


def _keys(wanted: Wanted) -> Iterator[str]:
    """His own keys during a talk that begin as ours do; and the one that is no more."""
    features = wanted.his["features.conf"]
    for setting in features.settings("featuremap"):
        if setting.key.lower() == GONE_KEY:
            yield (
                f"{setting.place}: {setting.key} is gone from Asterisk 21 on, which then reads "
                f"nothing of {features.part.file}: take this line out"
            )
        elif _KEYS.match(setting.value):
            yield (
                f"{setting.place}: {setting.key} is {setting.value}, which hides or delays the "
                f"agents' keys {_OURS}: give it another code, as *{setting.value}"
            )


def _outside(wanted: Wanted) -> Iterator[str]:
    if not wanted.answers.trunk:
        yield "nobody outside can be called yet: say how, --trunk PJSIP/NUMBER@yourtrunk"
