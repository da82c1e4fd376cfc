"""pjsip.conf: the agents' phones and the trunk: are they there, and does their media suit us."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from ccgateway.check.finding import Mend, Problem, Unseen, warning
from ccgateway.check.lines import add, is_true, rx
from ccgateway.check.system import Files, Pbx
from ccgateway.conffile import Section
from ccgateway.config import Config

FILE = "pjsip.conf"
RELOAD = "module reload res_pjsip.so"
PASSWORD_BYTES = 15
"""Of a phone's password: strangers try them day and night."""
PASSED_ON = frozenset({"g729", "g723", "opus", "silk", "siren7", "siren14"})
"""Codecs that Asterisk passes on, and cannot translate without a module that it does not have of
itself."""


def endpoint(files: Files, name: str) -> Section | None:
    """The endpoint of that name: pjsip.conf has several sections of a name, one a type."""
    sections = files.of(FILE).named(name)
    return next((s for s in sections if s.get("type") == "endpoint"), None)


def endpoints(pbx: Pbx) -> dict[str, Section]:
    """All endpoints of pjsip.conf. Raises Unseen."""
    sections = pbx.conf.of(FILE).sections
    return {s.name: s for s in sections if not s.template and s.get("type") == "endpoint"}


def _add(pbx: Pbx, name: str, line: str) -> Mend:
    """pjsip.conf's (+) adds to the first section of the name, which may be another type's; so the
    line goes below the header of the endpoint's own."""
    section = endpoint(pbx.conf, name)
    if section is None:
        return add(pbx.conf, FILE, name, line, reload=RELOAD)
    settings = [s for s in section.settings if s.key.lower() == line.partition("=")[0].strip()]
    then = rx(pbx.conf, RELOAD)
    own = [s for s in settings if s.place.file == section.place.file]
    if own and own[-1].place.line > section.place.line:
        return Mend((line,), own[-1].place.file, own[-1].place.line, then=then)
    text = section.place.file.read_text("utf-8", errors="surrogateescape").split("\n")
    header = text[section.place.line - 1]
    return Mend((header, line), section.place.file, section.place.line, then=then)


def _of_agents(pbx: Pbx, config: Config) -> dict[str, Section]:
    """The agents' endpoints that are there."""
    known = endpoints(pbx)
    names = [agent.phone.partition("/")[2] for agent in config.agents if _is_pjsip(agent.phone)]
    return {name: known[name] for name in names if name in known}


def _is_pjsip(phone: str) -> bool:
    return phone.partition("/")[0] == "PJSIP"


def phones_known(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A queue cannot ring a phone that Asterisk does not know: its agent logs in, and never gets a
    call."""
    if pbx.ami.devices is not None:
        known = pbx.ami.devices
    else:
        known = frozenset(f"PJSIP/{name}" for name in endpoints(pbx))
    for agent in config.agents:
        if _is_pjsip(agent.phone) and agent.phone not in known:
            name = agent.phone.partition("/")[2]
            what = f"Asterisk knows no {agent.phone}, the phone of agent {agent.id}"
            yield Problem(what, _new_phone(pbx, config, name) if pbx.files else None)


def _new_phone(pbx: Pbx, config: Config, name: str) -> Mend:
    """An endpoint that registers, with a password of its own, where the other phones dial."""
    others = [section.get("context") for section in _of_agents(pbx, config).values()]
    context = next(filter(None, others), "from-internal")
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    lines = (
        f"[{name}]",
        "type = endpoint",
        f"context = {context}",
        "disallow = all",
        "allow = ulaw,alaw",
        "direct_media = no",
        f"aors = {name}",
        f"auth = {name}",
        f"[{name}]",
        "type = aor",
        "max_contacts = 1",
        f"[{name}]",
        "type = auth",
        f"username = {name}",
        f"password = {password}",
    )
    then = rx(pbx.conf, RELOAD)
    return Mend(lines, pbx.conf.home[FILE], then=then, secret=password)


def phones_media(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """With direct media (the default) voices go past Asterisk, which can then neither record nor
    let a supervisor listen; it stays in between while keys are listened for, and re-invites at
    every change."""
    found = [
        name
        for name, section in _of_agents(pbx, config).items()
        if is_true(section.get("direct_media") or "yes")
    ]
    for name in found:
        yield warning(f"PJSIP/{name} has direct media", _add(pbx, name, "direct_media = no"))


def phones_keys(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Agents pass calls on by keys during the talk; a phone whose keys Asterisk does not hear
    cannot."""
    for name, section in _of_agents(pbx, config).items():
        if (section.get("dtmf_mode") or "auto").lower() == "none":
            line = _add(pbx, name, "dtmf_mode = rfc4733")
            yield Problem(f"PJSIP/{name} has no keys (dtmf_mode = none)", line)


def phones_codecs(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The caller's trunk and the agent's phone need a codec in common, or one that Asterisk can
    translate: else the call is put through, and both hear nothing."""
    trunks = [
        (section.get("endpoint") or "", _codecs(trunk))
        for section in pbx.conf.of(FILE).sections
        if section.get("type") == "identify"
        and (trunk := endpoint(pbx.conf, section.get("endpoint") or ""))
    ]
    for name, section in _of_agents(pbx, config).items():
        mine = _codecs(section)
        for line_out, theirs in trunks:
            if not mine or not theirs or mine & theirs:
                continue
            what = f"PJSIP/{name} and the trunk {line_out} have no codec in common"
            if not _translates(pbx, mine):
                yield Problem(what, _add(pbx, name, f"allow = {','.join(sorted(theirs))}"))
            elif not _translates(pbx, theirs):
                yield Problem(what, _add(pbx, line_out, f"allow = {','.join(sorted(mine))}"))


def _translates(pbx: Pbx, codecs: frozenset[str]) -> bool:
    """Whether Asterisk can translate one of them: by its modules, where its console tells them."""
    loaded = pbx.running.modules if pbx.running else frozenset()
    return any(
        codec not in PASSED_ON or any(module.startswith(f"codec_{codec}") for module in loaded)
        for codec in codecs
    )


def _codecs(section: Section) -> frozenset[str]:
    """The codecs that are allowed, in the end; empty: all."""
    allowed: set[str] = set()
    for setting in section.settings:
        names = {name.strip().lower() for name in setting.value.split(",")}
        if setting.key.lower() == "allow":
            allowed = set() if "!all" in names else allowed
            allowed |= {name for name in names if not name.startswith("!")}
        elif setting.key.lower() == "disallow":
            allowed = set() if "all" in names else allowed - names
    return frozenset() if "all" in allowed else frozenset(allowed)


def contexts_recorded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """contexts of a [[node]] names whose calls are recorded beside ours: one that is not there
    records nothing."""
    try:
        there = pbx.dialplan.contexts
    except Unseen:
        return
    for name in pbx.node.contexts:
        if name not in there:
            yield warning(f"there is no context {name}, which contexts of the node names")
