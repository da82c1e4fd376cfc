"""Who comes into our contexts: the callers by their DIDs, the phones by their codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ccgateway.check.dialplan import Dialplan, Step, matches
from ccgateway.check.extensions import FILE, RELOAD
from ccgateway.check.finding import Mend, Problem, Unseen, warning
from ccgateway.check.lines import instead, rx
from ccgateway.check.phones import endpoint, endpoints
from ccgateway.check.system import Files, Pbx
from ccgateway.conffile import Setting
from ccgateway.config import Config
from ccgateway.guest.phones import hook

DOOR = "ccg-inbound"
CODES = "ccg-agent-codes"

_TO_DOOR = re.compile(rf"(?:^|[,(?:]){DOOR},(?P<number>.*?),\s*1\b", re.DOTALL)
_FILTERED = re.compile(r"\$\{FILTER\((?P<kept>[^,]*),\$\{EXTEN\}\)\}")
_EXTEN = "${EXTEN}"


def dids_reached(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A service's callers come by its DIDs: of a number that no context sends to ccg-inbound the
    gateway never hears."""
    dialplan = pbx.dialplan
    steps = [step for _, step in dialplan.theirs() if DOOR in step.data]
    lost = [
        did
        for service in config.services
        for did in service.dids
        if not any(_leads(step, did) for step in steps)
    ]
    if lost:
        what = f"no context sends {', '.join(lost)} to {DOOR}"
        yield Problem(what, _door(pbx, lost, trunk_contexts(pbx, dialplan)))


def dids_arrive(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Callers come into the context of the trunk's endpoint: a number that another one sends to
    ccg-inbound is not found there, and Asterisk turns them away."""
    dialplan, trunks = pbx.dialplan, _of_trunks(pbx.conf)
    steps = [(name, step) for name, step in dialplan.theirs() if DOOR in step.data]
    named = "\n".join(step.data for _, step in dialplan.theirs())
    ways = [*trunks, *(name for name in dialplan.contexts if name in named)]
    lost = [
        did
        for service in config.services
        for did in service.dids
        if (doors := {name for name, step in steps if _leads(step, did)})
        and doors.isdisjoint(name for way in ways for name in dialplan.within(way, did))
    ]
    if trunks and lost:
        there = ", ".join(f"[{name}]" for name in trunks)
        what = f"the trunks' callers come into {there}, which does not have {', '.join(lost)}"
        yield warning(what, _door(pbx, lost, trunks))


def _leads(step: Step, did: str) -> bool:
    """Whether this line brings the callers of a DID to the door."""
    found = _TO_DOOR.search(step.data)
    asked = found["number"] if found else ""
    filtered = _FILTERED.fullmatch(asked)
    if asked == _EXTEN:
        return matches(step.extension, did)
    if filtered:
        plus = "+" in filtered["kept"]
        dialled = [did] if plus or did.startswith("+") else [did, f"+{did}"]
        return any(matches(step.extension, number) for number in dialled)
    return "${" in asked or asked == did  # what is computed may come to any number


def _door(pbx: Pbx, dids: list[str], contexts: list[str]) -> Mend | None:
    if not pbx.files or FILE in pbx.files.unread or not contexts:
        return None
    context = _own(pbx, contexts[0])
    lines = [f"exten => {did},1,Goto({DOOR},${{EXTEN}},1)" for did in dids]
    return Mend((f"[{context}]", *lines), pbx.files.home[FILE], then=rx(pbx.files, RELOAD))


def _own(pbx: Pbx, context: str) -> str:
    """Where an administrator's own lines for a context go, as far as the files tell."""
    unread = not pbx.files or FILE in pbx.files.unread
    return context if unread else hook(context, pbx.conf.of(FILE).sections)


def trunk_contexts(pbx: Pbx, dialplan: Dialplan) -> list[str]:
    """Where strangers arrive: contexts that lead to the door, and those of endpoints that are known
    by their address alone."""
    found = [name for name, step in dialplan.theirs() if DOOR in step.data]
    if pbx.files and "pjsip.conf" not in pbx.files.unread:
        found += _of_trunks(pbx.files)
    return list(dict.fromkeys(found)) or ["from-trunk"]


def _of_trunks(files: Files) -> list[str]:
    """The contexts of endpoints that are known by their address alone."""
    trunks = [
        endpoint(files, section.get("endpoint") or "")
        for section in files.of("pjsip.conf").sections
        if section.get("type") == "identify"
    ]
    found = [(trunk.get("context") if trunk else "") or "default" for trunk in trunks]
    return list(dict.fromkeys(found))


def doors_narrow(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A pattern that ends in . or ! lets through whatever a stranger writes into the number, line
    breaks and commas too: they change what Goto does, and forge events."""
    for name, step in pbx.dialplan.theirs():
        wide = step.extension.startswith("_") and step.extension.endswith((".", "!"))
        found = _TO_DOOR.search(step.data)
        if wide and found and found["number"] == _EXTEN:
            what = f"{step.extension} in [{name}] hands on any text as the DID"
            yield Problem(what, _filtered(pbx, step))


def _filtered(pbx: Pbx, step: Step) -> Mend | None:
    """The same line with the DID filtered."""
    if not pbx.files or not step.place:
        return None
    written = step.place.file.read_text("utf-8", errors="surrogateescape").split("\n")
    line = written[step.place.line - 1]
    fixed = line.replace(f"{DOOR},{_EXTEN},", f"{DOOR},${{FILTER(+0-9,{_EXTEN})}},")
    return instead(pbx.files, Setting("", "", step.place), fixed, reload=RELOAD)


def codes_for_phones(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Agents log in, pause and ask other lines by codes that they dial. Where the phones' context
    does not include them, only `ccgateway agent` and the API are left."""
    dialplan, known = pbx.dialplan, endpoints(pbx)
    without: dict[str, list[str]] = {}
    for agent in config.agents:
        technology, _, name = agent.phone.partition("/")
        if technology == "PJSIP" and name in known:
            context = known[name].get("context") or "default"
            if CODES not in dialplan.within(context):
                without.setdefault(context, []).append(agent.id)
    for context, agents in without.items():
        lines = (f"[{_own(pbx, context)}]", f"include => {CODES}")
        mend = Mend(lines, pbx.conf.home[FILE], then=rx(pbx.conf, RELOAD))
        yield warning(f"[{context}] has no codes for the phones of {', '.join(agents)}", mend)


def codes_not_for_strangers(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Whoever dials in a context with the agents' codes acts for an agent, and can call the outside
    at your cost: no stranger's context may include it."""
    dialplan = pbx.dialplan
    agents = _contexts_of_agents(pbx, config)
    for context in trunk_contexts(pbx, dialplan):
        if context in agents:
            continue  # one context for all: which of its callers are strangers cannot be seen
        for name in dialplan.within(context):
            there = dialplan.contexts.get(name)
            place = there.include_places.get(CODES) if there else None
            if there and CODES in there.includes:
                mend = (
                    instead(pbx.conf, Setting("", "", place), f";include => {CODES}", reload=RELOAD)
                    if place
                    else None
                )
                yield Problem(f"[{name}], where strangers arrive, includes {CODES}", mend)


def _contexts_of_agents(pbx: Pbx, config: Config) -> set[str]:
    try:
        known = endpoints(pbx)
    except Unseen:
        return set()
    names = {agent.phone.partition("/")[2] for agent in config.agents}
    return {section.get("context") or "default" for name, section in known.items() if name in names}
