"""The request of an AGI session: ``agi_...: value`` lines, ended by an empty one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count, takewhile

from ccgateway.agi.limits import MAX_HEADERS, MAX_LINE, MAX_REQUEST
from ccgateway.errors import CcgError

NEEDED = ("agi_network_script", "agi_channel", "agi_uniqueid")
_HEADER = re.compile(rb"(agi_[a-z0-9_]{1,40}):(?: (.*))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class BadRequest(CcgError):
    """This is no AGI request."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what. ``address`` is the path of ``agi://host/path`` without a query;
    ``headers`` have their ``agi_`` names; ``arguments`` are those of the dialplan's AGI()."""

    address: str
    headers: Mapping[str, str]
    arguments: tuple[str, ...]

    def argument(self, place: int) -> str:
        """The argument at ``place`` (0 and up), '' where the dialplan gave none."""
        return self.arguments[place] if place < len(self.arguments) else ""


class RequestReader:
    """Takes bytes as they come, and refuses at the first one too many."""

    def __init__(self) -> None:
        self._size = 0
        self._lines: list[bytes] = []
        self._rest = bytearray()

    def feed(self, data: bytes) -> Request | None:
        """The request when it is whole, None before. Raises BadRequest."""
        self._size += len(data)
        if self._size > MAX_REQUEST:
            raise BadRequest("the request is too long")
        looked = len(self._rest)
        self._rest += data
        while (end := self._rest.find(b"\n", looked)) >= 0:
            line = bytes(self._rest[:end]).rstrip(b"\r")
            del self._rest[: end + 1]
            looked = 0
            if not line:
                return self._end()
            self._keep(line)
        if len(self._rest) > MAX_LINE:
            raise BadRequest("a line is too long")
        return None

    def _keep(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            raise BadRequest("a line is too long")
        if len(self._lines) == MAX_HEADERS:
            raise BadRequest("too many headers")
        self._lines.append(line)

    def _end(self) -> Request:
        if self._rest:
            raise BadRequest("the client went on talking before it was asked")
        return parse(self._lines)


def parse(lines: Iterable[bytes]) -> Request:
    """The request of these lines, whose end marks are off. Raises BadRequest.

    Asterisk writes a caller's number and name as they are. A line break in one, which a SIP address
    can hold as %0a, shows as a line that is no header, a header given twice, or an end too early:
    each is refused, and that caller goes to the static queue.
    """
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if not found:
            raise BadRequest("a line is no AGI header")
        name = found[1].decode("ascii")
        value = (found[2] or b"").decode("utf-8", "replace")
        if name in headers:
            raise BadRequest(f"{name} stands twice")
        if _CONTROL.search(value):
            raise BadRequest(f"{name} holds control characters")
        headers[name] = value
    for name in NEEDED:
        if not headers.get(name):
            raise BadRequest(f"{name} is missing")
    address = headers["agi_network_script"].partition("?")[0]
    return Request(address, headers, _arguments(headers))


def _arguments(headers: Mapping[str, str]) -> tuple[str, ...]:
    names = (f"agi_arg_{place}" for place in count(1))
    return tuple(headers[name] for name in takewhile(headers.__contains__, names))
