"""What the tables must agree on among themselves.

The checks look at the file as it was read, so that they find their faults also where the tables
have others; they pass over what is of a wrong type, which the tables' models report.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ccgateway.config import words
from ccgateway.config.lines import check_lines
from ccgateway.config.listening import check_beside, check_http
from ccgateway.config.rows import Raw, known, rows, texts, texts_in, unique
from ccgateway.config.secrets import Wrong
from ccgateway.telephony.numbers import is_country

UNIQUE = (
    ("node", "name"),
    ("client", "id"),
    ("queue", "name"),
    ("service", "id"),
    ("agent", "id"),
    ("agent", "phone"),
)


def check(raw: Raw, folder: Path) -> Iterator[Wrong]:
    """Every disagreement in ``raw``. ``folder``: where relative paths begin."""
    for table, key in UNIQUE:
        yield from unique(texts(raw, table, key))
    yield from unique(texts(raw, "service", "dids"))
    for path, agent in rows(raw, "agent"):
        yield from unique(texts_in(agent, path, "queues"))
    yield from unique(texts_in(raw.get("pause"), ("pause",), "reasons"))
    clients, queues = texts(raw, "client", "id"), texts(raw, "queue", "name")
    yield from known(texts(raw, "service", "client"), clients, "the id of a [[client]]")
    yield from known(texts(raw, "service", "queue"), queues, "the name of a [[queue]]")
    yield from known(texts(raw, "agent", "queues"), queues, "the name of a [[queue]]")
    yield from check_lines(raw)
    yield from _fallback(raw)
    yield from _blocked(raw)
    yield from _certificates(raw, folder)
    yield from check_http("http", raw.get("http"))
    yield from check_http("web", raw.get("web"))
    yield from check_beside(raw.get("http"), raw.get("web"))


def blocked_numbers(numbers: tuple[str, ...], country: str = "") -> frozenset[str]:
    """Checked numbers and prefixes in E.164."""
    return frozenset(words.blocked(number, country) for number in numbers)


def _fallback(raw: Raw) -> Iterator[Wrong]:
    managed = {text for _, text in texts(raw, "queue", "name")}
    for path, text in texts(raw, "node", "fallback_queue"):
        if text in managed:
            yield path, text, "a queue with static members, which no [[queue]] names"


def _blocked(raw: Raw) -> Iterator[Wrong]:
    for table in ("client", "service"):
        for place, row in rows(raw, table):
            default = "US" if table == "service" else ""
            country = row.get("country", default) if table == "service" else ""
            if not isinstance(country, str) or (country and not is_country(country)):
                continue
            for path, text in texts_in(row, place, "blocked"):
                try:
                    words.blocked(text, country)
                except ValueError as error:
                    yield path, text, str(error)


def _certificates(raw: Raw, folder: Path) -> Iterator[Wrong]:
    ours = (
        texts_in(raw.get(table), (table,), key)
        for table in ("http", "web")
        for key in ("tls_cert", "tls_key")
    )
    for path, text in (*texts(raw, "node", "tls_ca"), *chain.from_iterable(ours)):
        try:
            found = not text or (folder / text).is_file()
        except (OSError, ValueError):  # too long; a NUL
            found = False
        if not found:
            yield path, text, "a file that is there"
