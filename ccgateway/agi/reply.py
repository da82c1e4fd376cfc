"""The replies of Asterisk to AGI commands, and the line that it mixes in between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ccgateway.agi.limits import MAX_REPLY_LINE, MAX_USAGE_LINES
from ccgateway.errors import CcgError

OK = 200
USAGE = 520
_REPLY = re.compile(rb"(\d{3})([ -])(.*)")
_RESULT = re.compile(rb"(?:^| )result=(-?\d+)")


class BadReply(CcgError):
    """The AGI client's reply makes no sense."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: 200 and its result; 510, 511, 520 have none, or -1."""

    code: int
    result: int | None = None


class ReplyReader:
    """Takes bytes as they come, returns the replies that are whole.

    Asterisk tells a caller's hang-up by the line ``HANGUP``, which is no reply: it may stand before
    the reply to a command that is under way. A usage reply is many lines, from ``520-`` to ``520 ``
    (res_agi.c), and is one reply.
    """

    def __init__(self) -> None:
        self.hung_up = False
        self._rest = bytearray()
        self._usage = 0

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that these bytes complete. Raises BadReply."""
        self._rest += data
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        if len(rest) > MAX_REPLY_LINE:
            raise BadReply("a line is too long")
        replies = (self._line(line.rstrip(b"\r")) for line in lines)
        return [reply for reply in replies if reply]

    def _line(self, line: bytes) -> Reply | None:
        if self._usage:
            return self._usage_line(line)
        if line == b"HANGUP":
            self.hung_up = True
            return None
        found = _REPLY.fullmatch(line)
        if not found:
            raise BadReply
        code = int(found[1])
        if found[2] == b"-":
            if code != USAGE:
                raise BadReply
            self._usage = 1
            return None
        result = _RESULT.search(found[3])
        return Reply(code, int(result[1]) if result else None)

    def _usage_line(self, line: bytes) -> Reply | None:
        self._usage += 1
        if line.startswith(b"520 "):
            self._usage = 0
            return Reply(USAGE)
        if self._usage > MAX_USAGE_LINES:
            raise BadReply("a usage reply does not end")
        return None
