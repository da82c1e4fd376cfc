"""What the lines of a service must agree on: its targets, its own numbers, its prefix."""

from __future__ import annotations

from collections.abc import Iterator

from ccgateway.config import words
from ccgateway.config.fault import Path as Key
from ccgateway.config.fault import quoted
from ccgateway.config.rows import Raw, known, rows, texts, texts_in, unique
from ccgateway.config.secrets import Wrong
from ccgateway.routing.service import FALLBACK, MESSAGE
from ccgateway.routing.tier import BACK, FIRST
from ccgateway.telephony.numbers import is_country

NO_WHISPER = '"": on_call numbers are dialled, and only a queue plays a whisper'
AN_OWN_NUMBER = "a number with + and country code: who is on_call is dialled, and shown it"
ONE_OF_TWO = "queue or on_call, one of the two"


def check_lines(raw: Raw) -> Iterator[Wrong]:
    """Every disagreement about the services' lines in ``raw``."""
    prefixes = [(path, text) for path, text in texts(raw, "service", "outbound_prefix") if text]
    yield from unique(prefixes)
    queues = texts(raw, "queue", "name")
    for path, service in rows(raw, "service"):
        yield from _numbers(texts_in(service, path, "own_numbers"), "")
        yield from unique(texts(service, "target", "name", path))
        yield from unique(_digits(service, path))
        named = [item for item in texts(service, "target", "queue", path) if item[1]]
        yield from known(named, queues, "the name of a [[queue]]")
        for place, target in rows(service, "target", path):
            yield from _one_of_two(place, target)
            numbers = texts_in(target, place, "on_call")
            written = [(key, text.strip().partition(" ")[0]) for key, text in numbers]
            yield from _numbers(written, service.get("country", "US"))
            if numbers and (whisper := target.get("whisper")):
                yield (*place, "whisper"), whisper, NO_WHISPER
        yield from _overflow(service, path)
        yield from _own_numbers(service, path)
        yield from _ways(service, path)


def _digits(service: Raw, path: Key) -> list[tuple[Key, int]]:
    found = ((place, target.get("digit")) for place, target in rows(service, "target", path))
    return [((*place, "digit"), digit) for place, digit in found if isinstance(digit, int)]


def _numbers(written: list[tuple[Key, str]], country: object) -> Iterator[Wrong]:
    if not isinstance(country, str) or (country and not is_country(country)):
        return  # its own fault is told
    for path, text in written:
        try:
            words.number(text, country)
        except ValueError as error:
            yield path, text, str(error)


def _one_of_two(path: Key, target: Raw) -> Iterator[Wrong]:
    queue, on_call = target.get("queue", ""), target.get("on_call", ())
    if queue and on_call:
        yield (*path, "on_call"), on_call, f"{ONE_OF_TWO}, not both"
    elif queue == "" and on_call == ():
        yield path, target, f"a target with {ONE_OF_TWO}"


def _overflow(service: Raw, path: Key) -> Iterator[Wrong]:
    """First line overflows by a word, or into a target that is there."""
    way = service.get("overflow", MESSAGE)
    targets = [name for _, name in texts(service, "target", "name")]
    if isinstance(way, str) and way not in (MESSAGE, FALLBACK, *targets):
        names = ", ".join(quoted(name, bare=True) for name in [MESSAGE, FALLBACK, *targets])
        yield (*path, "overflow"), way, f"one of {names}"


def _own_numbers(service: Raw, path: Key) -> Iterator[Wrong]:
    """Whoever is on call is dialled through the trunk, which wants a number of ours."""
    dialled = texts(service, "target", "on_call", path)
    if dialled and service.get("own_numbers", ()) == ():
        yield (*path, "own_numbers"), (), AN_OWN_NUMBER


def _ways(service: Raw, path: Key) -> Iterator[Wrong]:
    """Where a caller goes on whom nobody took must be there, and must come to an end."""
    then: dict[str, str] = {}
    for _, target in rows(service, "target", path):
        name, way = target.get("name"), target.get("then", BACK)
        if isinstance(name, str) and isinstance(way, str):
            then.setdefault(name, way)
    names = ", ".join(quoted(name, bare=True) for name in [BACK, FIRST, *then])
    for place, target in rows(service, "target", path):
        name, way = target.get("name"), target.get("then", BACK)
        if not isinstance(name, str) or not isinstance(way, str):
            continue
        if way not in (BACK, FIRST, *then):
            yield (*place, "then"), way, f"one of {names}"
        elif name in (walk := _walk(then, way)):
            shown = " -> ".join(quoted(step, bare=True) for step in [name, *walk])
            yield (*place, "then"), way, f"a way that ends at {BACK} or {FIRST}, not {shown}"


def _walk(then: dict[str, str], way: str) -> list[str]:
    """The targets that a caller comes to from ``way`` on, each once."""
    walk: list[str] = []
    while way in then and way not in walk:
        walk.append(way)
        way = then[way]
    return walk
