"""What a new configuration changes of the one that runs, and what it can change while it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr

from ccgateway.config.fault import quoted
from ccgateway.config.load import HIDDEN, Config
from ccgateway.config.words import DAYS
from ccgateway.routing.tier import OnCall
from ccgateway.routing.week import Hours

AT_ONCE: Mapping[str, frozenset[str]] = {
    "gateway": frozenset(),
    "database": frozenset(),
    "agi": frozenset({"secret", "secret_file", "allow"}),
    "http": frozenset({"token", "token_file", "proxies"}),
    "web": frozenset(),  # of a process that a reload does not reach
    "node": frozenset({"fallback_queue", "contexts"}),
}
"""Of these tables only these keys change while we run: the others are ports that are open, and
connections that are made. Of all other tables everything does."""

WAY = ("tls_cert", "tls_key", "plain")
"""How others than proxies reach [http]. It needs a restart; where it changes, so do its proxies:
without the old ones, and the new way not there yet, nobody on another machine would be let in."""

FILES_OWN = {"limit": "wait_limit"}
"""Keys that the file calls otherwise."""

PRIVATE = frozenset({"name", "blocked", "on_call"})

Place = tuple[str, ...]
Values = Mapping[str, object]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. ``where``: ``[agi] port``, ``[[agent]] 104``; ``what``: ``added``,
    ``removed``, ``600 -> 300``. Values of secrets are in neither. ``restart``: it needs one, and
    until then the old goes on."""

    where: str
    what: str
    restart: bool = False

    def __str__(self) -> str:
        return self._line(self.what)

    @property
    def for_log(self) -> str:
        """The same without a person's name or number, which no log has."""
        private = self.where.rpartition(" ")[2] in PRIVATE
        return self._line("changed" if private else self.what)

    def _line(self, what: str) -> str:
        return f"{self.where}: {what}{' (needs a restart)' if self.restart else ''}"


def changes(old: Config, new: Config) -> list[Change]:
    """All that ``new`` changes: of what was there in the old file's order, then what is added."""
    before, after = dict(_rows(old)), dict(_rows(new))
    found: list[Change] = []
    for place in [*before, *(place for place in after if place not in before)]:
        if place not in before or place not in after:
            whole = after if place not in before else before
            if place[:2] == place or (place[:2] in before and place[:2] in after):
                what = "added" if whole is after else "removed"
                found.append(Change(_named(place), what, restart=place[0] in AT_ONCE))
        else:
            found += _differences(place, before[place], after[place])
    return found


def merged(old: Config, new: Config) -> Config:
    """``new`` as far as it can be had without a restart, and ``old`` for the rest."""
    news = {node.name: node for node in new.nodes}
    return replace(
        new,
        gateway=_kept(old.gateway, new.gateway, "gateway"),
        database=_kept(old.database, new.database, "database"),
        agi=_kept(old.agi, new.agi, "agi"),
        http=_kept(old.http, new.http, "http"),
        nodes=tuple(_kept(node, news.get(node.name, node), "node") for node in old.nodes),
    )


def _kept(old: Model, new: Model, table: str) -> Model:
    """``old`` with what of ``new`` counts at once."""
    at_once = _at_once(table, _values(old), _values(new))
    return old.model_copy(update={key: getattr(new, key) for key in at_once})


def _at_once(table: str, before: Values, after: Values) -> frozenset[str]:
    """The keys of a table that change while we run."""
    if table == "http" and any(before[key] != after[key] for key in WAY):
        return AT_ONCE[table] - {"proxies"}
    return AT_ONCE.get(table, frozenset(before))


def _rows(config: Config) -> Iterator[tuple[Place, Values]]:
    """Each table with its place: ("agi",), ("agent", "104"), ("service", "hotline", "target",
    "pumps")."""
    for table in ("gateway", "log", "database", "agi", "http"):
        yield (table,), _values(getattr(config, table))
    if config.web is not None:
        yield ("web",), _values(config.web)
    for node in config.nodes:
        yield ("node", node.name), _values(node)
    for client in config.clients:
        yield ("client", client.id), _values(client)
    for queue in config.queues:
        yield ("queue", queue.name), _values(queue)
    for service in config.services:
        place = ("service", service.id)
        parts = ("messages", "targets")
        yield place, {k: v for k, v in _values(service).items() if k not in parts}
        yield (*place, "messages"), _values(service.messages)
        for target in service.targets:
            yield (*place, "target", target.name), _values(target)
    for agent in config.agents:
        yield ("agent", agent.id), _values(agent)
    yield ("pause",), _values(config.pause)


def _values(table: Any) -> Values:
    keys = [f.name for f in fields(table)] if is_dataclass(table) else type(table).model_fields
    return {key: getattr(table, key) for key in keys}


def _differences(place: Place, before: Values, after: Values) -> Iterator[Change]:
    at_once = _at_once(place[0], before, after)
    for key, was in before.items():
        now = after[key]
        if was != now:
            what = "changed" if isinstance(was, SecretStr) else f"{_shown(was)} -> {_shown(now)}"
            where = f"{_named(place)} {FILES_OWN.get(key, key)}"
            yield Change(where, what, restart=key not in at_once)


def _named(place: Place) -> str:
    table, *row = place
    return f"[[{table}]] {' '.join(row)}" if row else f"[{table}]"


def _shown(value: object) -> str:
    """A value on one line, much as the file has it."""
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, dict):
        value = [f"{day} {name}".strip() for day, name in sorted(value.items())]
    if isinstance(value, frozenset):
        value = sorted(value, key=str)
    if isinstance(value, tuple | list):
        return f"[{quoted(', '.join(map(_text, value)), bare=True)}]"
    if isinstance(value, bool | int):
        return str(value).lower()
    return quoted(_text(value))


def _text(value: object) -> str:
    match value:
        case Hours():
            return f"{_days(value.days)} {value.opens:%H:%M}-{value.closes:%H:%M}"
        case OnCall():
            return " ".join([value.number, *map(_text, value.hours)])
        case _:
            return str(value)


def _days(days: frozenset[int]) -> str:
    first, last = min(days), max(days)
    if len(days) > 1 and len(days) == last - first + 1:
        return f"{DAYS[first]}-{DAYS[last]}"
    return ",".join(DAYS[day] for day in sorted(days))
