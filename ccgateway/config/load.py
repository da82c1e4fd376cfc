"""The TOML file, read and checked: all faults at once, or the configuration."""

from __future__ import annotations

import difflib
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ccgateway.config import tables, words
from ccgateway.config.checks import blocked_numbers, check
from ccgateway.config.fault import Fault, FaultyConfig, name_of, quoted, shown
from ccgateway.config.fault import Path as Key
from ccgateway.config.locate import Lines, locate
from ccgateway.config.secrets import exposed, read_secrets
from ccgateway.log import plain, redact
from ccgateway.routing.service import Messages, Service
from ccgateway.routing.tier import OnCall, Target

Listening = TypeVar("Listening", bound=tables.WebSettings)

NO_VALUE = "nothing"
HIDDEN = "(hidden)"

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes. Ten thousand agents and as many numbers are one and a half million."""

DEEPEST = 32
"""Parts of a dotted key; ours have three. tomllib's time for one grows with their square."""

_DEEP = re.compile(rf"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}""", re.ASCII)

MOST_FAULTS = 200
"""Nobody reads more of them; a file of another kind, taken for ours, has one in every line."""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. ``clients[].blocked`` and ``services[].blocked`` are E.164;
    ``warnings`` tell what is allowed and still not good."""

    gateway: tables.GatewaySettings
    log: tables.LogSettings
    database: tables.DatabaseSettings
    agi: tables.AgiSettings
    http: tables.HttpSettings
    nodes: tuple[tables.NodeSettings, ...]
    clients: tuple[tables.ClientSettings, ...]
    queues: tuple[tables.QueueSettings, ...]
    services: tuple[Service, ...]
    agents: tuple[tables.AgentSettings, ...]
    pause: tables.PauseSettings
    web: tables.WebSettings | None = None
    warnings: tuple[str, ...] = ()


def load(path: Path | str) -> Config:
    """Read and check the file at ``path``; its secrets are kept out of the log from then on.

    Raises FaultyConfig (a ConfigError) with every fault.
    """
    path = Path(path)
    text = _text(path)
    _check_depth(path, text)
    try:
        raw = _frozen(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        raise FaultyConfig(list(_not_toml(path, text, error))) from None
    faults = _Faults(plain(str(path)), locate(text))
    warnings = tuple(map(plain, exposed(raw, path)))
    for key, found, allowed in chain(read_secrets(raw, path.parent), check(raw, path.parent)):
        if faults.are_enough:
            break
        faults.add(key, shown(found), allowed)
    try:
        file = tables.File.model_validate(raw)
    except ValidationError as error:
        faults.of_model(error.errors(include_url=False), raw)
    else:
        if not faults.found:
            config = _config(file, path.parent, warnings)
            _keep_out_of_log(config)
            return config
    raise FaultyConfig(faults.sorted())


def _keep_out_of_log(config: Config) -> None:
    dsn = config.database.dsn.get_secret_value()
    nodes = (node.secret for node in config.nodes)
    for secret in (config.database.dsn, config.agi.secret, config.http.token, *nodes):
        redact(secret.get_secret_value())
    if password := urlsplit(dsn).password:
        redact(unquote(password))


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError as error:
        reason = f"byte {error.object[error.start]:#04x}, which is not UTF-8"
    except ValueError as error:  # a NUL in the path, and ours
        reason = str(error)
    allowed = f"a TOML file in UTF-8, of {LARGEST_FILE} bytes at most"
    raise FaultyConfig([Fault(plain(str(path)), None, "the file", reason, allowed)])


def _bytes(path: Path) -> bytes:
    """What is in the file. Raises OSError, ValueError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise ValueError("a pipe or a device")  # it may never end, or never begin
    if stat.S_ISREG(status.st_mode) and status.st_size > LARGEST_FILE:
        raise ValueError(f"{status.st_size} bytes")
    return path.read_bytes()


def _check_depth(path: Path, text: str) -> None:
    if deep := _DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        found, allowed = f"a key of more than {DEEPEST} parts", "keys of a few, as service.messages"
        raise FaultyConfig([Fault(plain(str(path)), line, "the key", found, allowed)])


def _frozen(value: Any) -> Any:
    """The same with tuples for lists, as the strict models want them."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _not_toml(path: Path, text: str, error: Exception) -> Iterator[Fault]:
    doubled = locate(text).doubled
    if doubled and re.search("Cannot overwrite|Cannot declare|Duplicate", str(error)):
        for double in doubled:
            allowed = f"each key once; it stands in line {double.first} already"
            yield Fault(
                plain(str(path)), double.line, name_of(double.path), "the key again", allowed
            )
        return
    message = str(error) if isinstance(error, ValueError) else "lists nested too deeply"
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    line = int(place[1]) if place and place[1] else len(text.splitlines()) or 1
    key = f"column {place[2]}" if place and place[2] else "end of file"
    said = quoted(message[: place.start()] if place else message, bare=True)
    yield Fault(
        plain(str(path)),
        line if place else None,
        key if place else "the file",
        f"what is not TOML ({said})",
        'lines of key = value and [table], where a value is "text" in quotes, a whole number, '
        "true, false or a [list, of, them]",
    )


class _Faults:
    """Faults as they are found, with their places."""

    def __init__(self, file: str, lines: Lines) -> None:
        self._file = file
        self._lines = lines
        self.found: dict[Fault, None] = {}

    @property
    def are_enough(self) -> bool:
        """Whether to look for no more."""
        return len(self.found) >= MOST_FAULTS

    def add(self, key: Key, found: str, allowed: str) -> None:
        fault = Fault(self._file, self._lines.of(key), name_of(key), found, allowed)
        self.found.setdefault(fault)

    def sorted(self) -> list[Fault]:
        faults = sorted(self.found, key=lambda fault: fault.line or 0)
        if self.are_enough:
            found = f"{MOST_FAULTS} faults, and perhaps more"
            faults.append(Fault(self._file, None, "the file", found, "none; these first"))
        return faults

    def of_model(self, errors: Iterable[ErrorDetails], raw: dict[str, Any]) -> None:
        """Add what the models found wrong with ``raw``."""
        for error in errors:
            if self.are_enough:
                return
            key: Key = tuple(error["loc"])
            if error["type"] == "too_short" and error["input"]:
                continue  # it is not too short: pydantic left out the wrong ones, told elsewhere
            if error["type"] == "extra_forbidden":
                self.add(key, "a key that is not known here", _known_keys(key))
            elif error["type"] != "missing":
                field = _field(key)
                allowed = field.description or ""
                if error["type"] == "value_error":
                    allowed = str(error["ctx"]["error"])
                self.add(key, _found(field, error["input"]), allowed)
            elif not _in_file(key, raw):
                self.add(key, NO_VALUE, _field(key).description or "")


def _in_file(key: Key, raw: dict[str, Any]) -> bool:
    """A missing secret has a file of its own, whose fault is already told."""
    table: Any = raw
    for part in key[:-1]:
        table = table[part]
    return bool(table.get(f"{key[-1]}_file"))


def _found(field: FieldInfo, value: object) -> str:
    if field.annotation is SecretStr:
        return HIDDEN
    if isinstance(value, str) and _model(field):
        return "a text"  # may well be a secret that missed its key
    return shown(value)


def _field(key: Key) -> FieldInfo:
    """The field of the models that ``key`` is the place of."""
    model: type[tables.Table] = tables.File
    field = FieldInfo()
    for part in key:
        if isinstance(part, str):
            field = model.model_fields[part]
            model = _model(field) or model
    return field


def _model(field: FieldInfo) -> type[tables.Table] | None:
    """The model of a field that holds a table or tables."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, tables.Table):
            return kind
    return None


def _known_keys(key: Key) -> str:
    *table, unknown = key
    model = (_model(_field(tuple(table))) if table else None) or tables.File
    known = list(model.model_fields)
    near = difflib.get_close_matches(str(unknown), known, 1)
    return (f"{near[0]}? " if near else "") + f"the keys here are {', '.join(known)}"


def _config(file: tables.File, folder: Path, warnings: tuple[str, ...]) -> Config:
    return Config(
        gateway=file.gateway,
        log=file.log,
        database=file.database,
        agi=file.agi,
        http=_placed(file.http, folder),
        web=_placed(file.web, folder) if file.web else None,
        nodes=tuple(
            node.model_copy(update={"tls_ca": str(folder / node.tls_ca) if node.tls_ca else ""})
            for node in file.node
        ),
        clients=tuple(
            client.model_copy(update={"blocked": tuple(sorted(blocked_numbers(client.blocked)))})
            for client in file.client
        ),
        queues=file.queue,
        services=tuple(map(_service, file.service)),
        agents=file.agent,
        pause=file.pause,
        warnings=warnings,
    )


def _placed(table: Listening, folder: Path) -> Listening:
    """The table with its certificate's paths whole: relative ones begin at ``folder``."""
    paths = {key: getattr(table, key) for key in ("tls_cert", "tls_key")}
    whole = {key: str(folder / path) for key, path in paths.items() if path}
    return table.model_copy(update=whole)


def _target(table: tables.TargetTable, country: str) -> Target:
    return Target(
        name=table.name,
        digit=table.digit,
        tier=table.tier,
        queue=table.queue,
        on_call=tuple(
            OnCall(words.number(number, country), (hours,) if hours else ())
            for number, hours in table.on_call
        ),
        limit=table.wait_limit,
        then=table.then,
        priority=table.priority,
        whisper=table.whisper,
    )


def _service(table: tables.ServiceTable) -> Service:
    return Service(
        id=table.id,
        client=table.client,
        name=table.name,
        dids=table.dids,
        queue=table.queue,
        timezone=table.timezone,
        country=table.country,
        hours=table.hours,
        holidays=dict(table.holidays),
        language=table.language,
        priority=table.priority,
        wait_limit=table.wait_limit,
        overflow=table.overflow,
        accept_anonymous=table.accept_anonymous,
        blocked=blocked_numbers(table.blocked, table.country),
        messages=Messages(**table.messages.model_dump()),
        targets=tuple(_target(target, table.country) for target in table.target),
        own_numbers=tuple(words.number(number, "") for number in table.own_numbers),
        outbound_prefix=table.outbound_prefix,
        allow_premium=table.allow_premium,
        countries=table.countries,
    )
