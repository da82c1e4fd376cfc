"""Logs: structlog, for our own lines and for those of the libraries.

Personal values are masked under the keys that are known to hold them, and nowhere guessed at: so
never put a number or a name in a message's text. Secrets do not get out at all: their keys are
dropped, and where a registered secret stands in any text, an exception's too, it is blotted out.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

__all__ = [
    "bind_contextvars",
    "bound_contextvars",
    "configure",
    "plain",
    "redact",
]

NUMBERS = frozenset(
    {
        "number",
        "caller",
        "caller_number",
        "connected_number",
        "exten",
        "dialled",
        "calleridnum",  # as AMI names them
        "connectedlinenum",
    }
)
NAMES = frozenset(
    {
        "name",
        "caller_name",
        "note",  # what was noted of a caller
        "connected_name",
        "customer_name",
        "agent_name",
        "calleridname",  # as AMI names them
        "connectedlinename",
    }
)
SECRETS = frozenset({"secret", "token", "password", "authorization", "dsn"})
BLOT = "[secret]"
MASK = "•••••"

SHORTEST_SECRET = 4
"""Characters. A shorter one would blot out half of every line."""

_secrets: set[str] = set()


def redact(secret: str) -> None:
    """Never let this text get into a log line."""
    if len(secret) >= SHORTEST_SECRET:
        _secrets.add(secret)


def plain(text: str) -> str:
    """``text`` with control characters, terminal escapes and direction marks written out, so that
    it stays on its line and does nothing to a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def configure(form: Literal["console", "json"], level: str, stream: TextIO | None = None) -> None:
    """Send all log lines from ``level`` up to ``stream`` (stderr): one JSON object a line, or for
    people. Bind ``call_id`` and ``node`` by ``bound_contextvars`` around what they belong to."""
    stream = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                guard,
                _renderer(form, colours=stream.isatty()),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a later configure() counts for every logger
    )


def _renderer(form: str, *, colours: bool) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(serializer=_json)
    return structlog.dev.ConsoleRenderer(
        colors=colours, exception_formatter=structlog.dev.plain_traceback
    )


def _json(line: object, **_: object) -> str:
    return orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS).decode()


def guard(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """The processor through which every line passes last."""
    exception = line.pop("exception", None)
    guarded: EventDict = _table(line)
    if exception is not None:
        # Indented, so that no text inside an exception can pass for a line of the log.
        guarded["exception"] = "\n    ".join(map(_text, str(exception).splitlines()))
    return guarded


def _table(table: Mapping[Any, Any]) -> dict[str, Any]:
    guarded = {}
    for key, value in table.items():
        kind = str(key).lower()
        if kind in SECRETS:
            continue
        if kind in NUMBERS:
            guarded[_text(str(key))] = _mask_number(value)
        elif kind in NAMES:
            guarded[_text(str(key))] = _mask_name(value)
        else:
            guarded[_text(str(key))] = _value(value)
    return guarded


def _value(value: object) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _text(value)
        case Mapping():
            return _table(value)
        case list() | tuple() | set() | frozenset():
            return [_value(item) for item in value]
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    for secret in tuple(_secrets):  # a reload adds some meanwhile, in a thread
        text = text.replace(secret, BLOT)
    return plain(text)


def _mask_number(value: object) -> str:
    """``+358401234567`` -> ``+35840•••••67``: a short one shows less of itself."""
    text = _text(str(value)) if value else ""
    first = max(0, min(6, len(text) - 7))
    return text and f"{text[:first]}{MASK}{text[-2:] if first else ''}"


def _mask_name(value: object) -> str:
    text = _text(str(value)) if value else ""
    return text and f"{text[0]}{MASK}"
