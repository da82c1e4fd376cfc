"""What callers slip into Asterisk's own events is taken out again.

Asterisk (22.10.1, tried) decodes ``%0d%0a`` in the user part of a SIP From and writes the line
break into CallerIDNum as it is. So a stranger's number can add headers to an event, or end it and
begin one of its own: a Hangup of somebody else's channel, say. The dialplan's door filters the
number, but Newchannel is out before that.

What cannot be forged is the form: a channel's part of an event has the same headers in the same
order, and what of it follows a number is longer than the 80 bytes that Asterisk keeps of a number
(AST_MAX_EXTENSION). So what stands elsewhere is the caller's, and the last of what stands twice is
Asterisk's. A dialled number can forge the end of its own event (Priority, Uniqueid, Linkedid):
that door is shut in the trunk's context, by patterns of digits without a dot.
"""

from __future__ import annotations

import structlog

from ccgateway.ami.framing import Headers

HEAD = ("ChannelState", "ChannelStateDesc", "CallerIDNum")
NAMES = ("CallerIDName", "ConnectedLineNum")
PLACE = ("ConnectedLineName", "Language", "AccountCode", "Context", "Exten")
CLOSE = ("Priority", "Uniqueid", "Linkedid")
WHOLE = (*HEAD, *NAMES, *PLACE, *CLOSE)
"""A channel's part of an event, as Asterisk 13 to 22 write it
(ast_manager_build_channel_state_string_prefix)."""

MAX_FORGED = 20
"""Messages in the place of one: a number of 80 bytes has room for some ten empty ones. More means
that this Asterisk writes its events in an unknown way; then they are taken as they come."""

log = structlog.get_logger()


class Sieve:
    """Lets whole events of Asterisk pass, and mends those that a caller's text cut."""

    def __init__(self) -> None:
        self.mended = 0
        self._known_form = True
        self._cut: Headers = []  # what is known to be Asterisk's of an event that is not whole yet
        self._wanted: tuple[str, ...] = ()  # what its next part holds
        self._passed_over = 0

    def take(self, headers: Headers) -> Headers | None:
        """The message as Asterisk meant it; None while it is only a part of one."""
        if self._cut:
            return self._go_on(headers)
        if not self._known_form:
            return headers
        for place, (key, _) in enumerate(headers):
            if key.endswith(HEAD[0]):
                prefix = key.removesuffix(HEAD[0])
                if not _stands(headers, place, _with(prefix, WHOLE)):
                    return self._mend(headers, place, prefix)
        return headers

    def _mend(self, headers: Headers, place: int, prefix: str) -> Headers | None:
        """Take out what stands where only Asterisk's headers may, or wait for the event's rest."""
        if not _stands(headers, place, _with(prefix, HEAD)):
            return headers  # no channel's part as we know it: nothing to hold it against
        head = headers[: place + len(HEAD)]
        where, wanted = _last(headers, _with(prefix, PLACE)), _with(prefix, PLACE)
        if where is not None:
            said = dict(headers[len(head) : where])
            head += [(prefix + key, said.get(prefix + key, "")) for key in NAMES]
            head += headers[where : where + len(PLACE)]
            where, wanted = _last(headers, _with(prefix, CLOSE)), _with(prefix, CLOSE)
        if where is None or where < place:
            self._cut, self._wanted, self._passed_over = head, wanted, 0
            return None
        return self._mended(head, headers[where:])

    def _go_on(self, headers: Headers) -> Headers | None:
        """A message after a cut: the caller's, until the one that holds the event's rest."""
        where = _last(headers, self._wanted)
        if where is not None:
            head, self._cut = self._cut, []
            return self._mended(head, headers[where:])
        self._passed_over += 1
        if self._passed_over < MAX_FORGED:
            return None
        self._cut, self._known_form = [], False
        log.error("ami_events_unknown_form", advice="report this with your Asterisk's version")
        return headers

    def _mended(self, head: Headers, rest: Headers) -> Headers | None:
        """The event put together, and held to the form again: it may be cut in two places."""
        self.mended += 1
        channel = next((value for key, value in head if key.endswith("Channel")), "")
        log.warning("ami_event_mended", channel=channel, why="a caller's text held line breaks")
        return self.take([*head, *rest])


def _with(prefix: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(prefix + key for key in keys) if prefix else keys


def _stands(headers: Headers, place: int, keys: tuple[str, ...]) -> bool:
    """Whether just these keys stand at this place, one after the other."""
    there = headers[place : place + len(keys)]
    return len(there) == len(keys) and all(
        key == wanted for (key, _), wanted in zip(there, keys, strict=True)
    )


def _last(headers: Headers, keys: tuple[str, ...]) -> int | None:
    """Where these keys stand for the last time."""
    for place in range(len(headers) - len(keys), -1, -1):
        if headers[place][0] == keys[0] and _stands(headers, place, keys):
            return place
    return None
