"""queues.conf: the managed queues, and the static fallback queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ccgateway.check.finding import Mend, Problem, Unseen, command, warning
from ccgateway.check.lines import add, first, is_true, rx, without, write
from ccgateway.check.system import Member, Pbx
from ccgateway.config import Config

FILE = "queues.conf"
RELOAD = "queue reload all"
TEMPLATE = "ccg-managed"
"""The template of asterisk-config/guest/queues.conf."""
EMPTY = "unavailable,invalid"
ASKING = "ccg-asking"

_NO = ("no", "false", "n", "f", "0", "off")


def _managed(pbx: Pbx, config: Config) -> Iterator[str]:
    """The managed queues that queues.conf has."""
    for queue in config.queues:
        if pbx.conf.section(FILE, queue.name):
            yield queue.name


def _ours(pbx: Pbx, config: Config) -> Iterator[str]:
    """The same, and the fallback queue where it is there."""
    yield from _managed(pbx, config)
    if pbx.conf.section(FILE, pbx.node.fallback_queue):
        yield pbx.node.fallback_queue


def _set(pbx: Pbx, queue: str, line: str) -> Mend:
    return add(pbx.conf, FILE, queue, line, reload=RELOAD)


def _of(pbx: Pbx, queue: str, key: str) -> str | None:
    section = pbx.conf.section(FILE, queue)
    return section.get(key) if section else None


def queues_there(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A caller whom the gateway sends to a queue that Asterisk does not have goes to the fallback
    queue, and none of the service's agents is ever rung."""
    for queue in config.queues:
        if pbx.files:
            if not pbx.files.section(FILE, queue.name):
                yield Problem(f"there is no queue {queue.name}", _new(pbx, queue.name))
        elif pbx.manager.queues is not None and queue.name not in pbx.manager.queues:
            mend = Mend(_queue(queue.name), Path(FILE))
            yield Problem(f"there is no queue {queue.name}", mend)


def _new(pbx: Pbx, queue: str) -> Mend:
    sections = pbx.conf.of(FILE).sections
    then = rx(pbx.conf, RELOAD)
    if any(s.template and s.name == TEMPLATE for s in sections):
        return Mend((f"[{queue}]({TEMPLATE})",), pbx.conf.home[FILE], then=then)
    return Mend(_queue(queue), pbx.conf.home[FILE], then=then)


def _queue(name: str) -> tuple[str, ...]:
    """A managed queue, where our template is not there."""
    return (
        f"[{name}]",
        "strategy = rrmemory",
        "timeout = 15",
        "retry = 1",
        "ringinuse = no",
        f"joinempty = {EMPTY}",
        f"leavewhenempty = {EMPTY}",
        f"context = {ASKING}",
    )


def queues_loaded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A queue that stands in queues.conf is there only once Asterisk has read it."""
    loaded = pbx.manager.queues
    if loaded is None:
        raise Unseen("AMI does not tell the queues")
    stale = [name for name in _ours(pbx, config) if name not in loaded]
    if stale:
        what = f"Asterisk has not read {', '.join(stale)} in {FILE}"
        yield Problem(what, command(rx(pbx.conf, RELOAD)))


def queues_no_static_members(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The gateway cannot remove a member that stands in queues.conf: that phone is rung whoever is
    logged in, and nobody's state fits."""
    for queue in _managed(pbx, config):
        section = pbx.conf.section(FILE, queue)
        for setting in section.settings if section else ():
            if setting.key.lower() == "member":
                mend = without(pbx.conf, setting, reload=RELOAD)
                yield Problem(f"managed queue {queue} has the static member {setting.value}", mend)


def queues_no_strangers(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A member that somebody else added to a managed queue is rung beside the agents, and its calls
    are nobody's in the record."""
    phones = {agent.id: agent.phone for agent in config.agents}
    managed = {queue.name for queue in config.queues}
    for member in pbx.manager.members:
        known = phones.get(member.name) == member.interface
        if member.queue in managed and not member.static and not known:
            yield Problem(
                f"managed queue {member.queue} has {member.name or 'a member'} at "
                f"{member.interface}, who is no agent of the TOML",
                _removal(pbx, member),
            )


def _removal(pbx: Pbx, member: Member) -> Mend:
    said = f"queue remove member {member.interface} from {member.queue}"
    return command(rx(pbx.files, said) if pbx.files else f"asterisk -rx '{said}'")


def queues_one_call_at_a_time(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """With ringinuse = yes (the default) an agent who talks is rung with the next caller, who hears
    it ring while nobody can answer."""
    for queue in _managed(pbx, config):
        if is_true(_of(pbx, queue, "ringinuse") or "yes"):
            yield Problem(f"{queue} rings agents who talk", _set(pbx, queue, "ringinuse = no"))


def queues_let_out(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Without joinempty and leavewhenempty callers wait in a queue that nobody is logged in to,
    until the wait's limit, instead of being told or taken further."""
    for queue in _managed(pbx, config):
        for key, stay in (("joinempty", "yes"), ("leavewhenempty", "no")):
            value = (_of(pbx, queue, key) or stay).lower()
            stays = is_true(value) if stay == "yes" else value in _NO
            if stays:
                line = _set(pbx, queue, f"{key} = {EMPTY}")
                yield Problem(f"callers stay in {queue} when nobody is there ({key})", line)


def queues_keep_nobody_paused(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The gateway pauses agents, with reasons; with autopause Asterisk does so too, behind its
    back: agents who missed one call get no more, and nobody told them."""
    for queue in _managed(pbx, config):
        if (_of(pbx, queue, "autopause") or "no").lower() not in _NO:
            line = _set(pbx, queue, "autopause = no")
            yield warning(f"{queue} pauses agents by itself", line)


def queues_keys(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """An agent who asks second line takes his customer back by *1 also while it still rings: for
    that the queue needs this context."""
    asked = {target.queue for service in config.services for target in service.targets}
    for queue in _managed(pbx, config):
        if queue in asked and (_of(pbx, queue, "context") or "") != ASKING:
            line = _set(pbx, queue, f"context = {ASKING}")
            yield warning(f"{queue} is asked by agents, who cannot come back while it rings", line)


def queue_members_persist(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Without persistentmembers a restart of Asterisk empties every queue, and they stay empty
    where the gateway is down."""
    yield from _general(pbx, "persistentmembers", "members do not outlive a restart")


def queues_fill(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Without autofill callers are offered one after the other, however many agents are free."""
    general = first(pbx.conf, FILE, "general", "autofill")
    for queue in _ours(pbx, config):
        if not is_true(_of(pbx, queue, "autofill") or (general.value if general else "no")):
            line = _set(pbx, queue, "autofill = yes")
            yield Problem(f"{queue} offers one caller at a time", line)


def queues_share_wrapup(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Without shared_lastcall the pause between two calls counts for each queue alone: agents of
    several queues are rung without one."""
    yield from _general(pbx, "shared_lastcall", "each queue counts pauses alone")


def _general(pbx: Pbx, key: str, what: str) -> Iterator[Problem]:
    setting = first(pbx.conf, FILE, "general", key)
    if not is_true(setting.value if setting else "no"):
        mend = write(pbx.conf, FILE, "general", f"{key} = yes", reload=RELOAD)
        yield Problem(f"{what} ({key})", mend)


def fallback_there(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The fallback queue is first line while the gateway is away. Without it callers hear music for
    ten minutes, then a message."""
    name = pbx.node.fallback_queue
    lines = (
        f"[{name}]",
        "strategy = ringall",
        "joinempty = yes",
        "leavewhenempty = no",
        _member(config),
    )
    if pbx.files:
        if not pbx.files.section(FILE, name):
            mend = Mend(lines, pbx.files.home[FILE], then=rx(pbx.files, RELOAD))
            yield Problem(f"there is no queue {name}", mend)
    elif pbx.manager.queues is not None and name not in pbx.manager.queues:
        yield Problem(f"there is no queue {name}", Mend(lines, Path(FILE)))


def _member(config: Config) -> str:
    """A static member, of the agents' phones."""
    return f"member => {config.agents[0].phone if config.agents else 'PJSIP/101'}"


def fallback_has_members(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Its members are static, so that they are rung without the gateway. Without any, callers of
    the fallback queue hear music until they hang up."""
    name = pbx.node.fallback_queue
    if pbx.files:
        section = pbx.files.section(FILE, name)
        if section and not section.values("member"):
            yield Problem(f"{name} has no member", _set(pbx, name, _member(config)))
    elif pbx.manager.queues is not None and not any(m.queue == name for m in pbx.ami.members):
        mend = Mend((f"[{name}](+)", _member(config)), Path(FILE))
        yield Problem(f"{name} has no member", mend)


def fallback_takes_all(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Whoever comes to the fallback queue must be let in and kept, whatever happens: there is no
    other place left."""
    name = pbx.node.fallback_queue
    if not pbx.conf.section(FILE, name):
        return
    for key, wanted in (("joinempty", "yes"), ("leavewhenempty", "no")):
        value = (_of(pbx, name, key) or wanted).lower()
        if not (is_true(value) if wanted == "yes" else value in _NO):
            yield Problem(
                f"{name} turns callers away ({key} = {value})",
                _set(pbx, name, f"{key} = {wanted}"),
            )
