"""What callers slip into Asterisk's own events is taken out again.

Asterisk (22.10.1, tried) decodes ``%0d%0a`` in the user part of a SIP From and writes the line
break into CallerIDNum as it is. So a stranger's number can add headers to an event, or end it and
begin one of its own: a Hangup of somebody else's channel, say. The dialplan's door filters the
number, but Newchannel is out before that.

What cannot be forged: each channel's part of an event closes with the same headers in the same
order, which together are longer than the 80 bytes that Asterisk keeps of a number
(AST_MAX_EXTENSION). Whatever stands between the caller's texts and this close is the caller's.
"""

from __future__ import annotations

import structlog

from ccgateway.ami.framing import Headers

HEAD = ("ChannelState", "ChannelStateDesc", "CallerIDNum")
BETWEEN = ("CallerIDName", "ConnectedLineNum")
CLOSE = (
    "ConnectedLineName",
    "Language",
    "AccountCode",
    "Context",
    "Exten",
    "Priority",
    "Uniqueid",
    "Linkedid",
)
"""As Asterisk 13 to 22 write it (ast_manager_build_channel_state_string_prefix)."""

WHOLE = (*HEAD, *BETWEEN, *CLOSE)

MAX_FORGED = 20
"""Messages in the place of one: a number of 80 bytes has room for some ten empty ones. More means
that this Asterisk writes its events in an unknown way; then they are taken as they come."""

log = structlog.get_logger()


class Sieve:
    """Lets whole events of Asterisk pass, and mends those that a caller's text cut."""

    def __init__(self) -> None:
        self.mended = 0
        self._known_form = True
        self._cut: Headers = []
        self._prefix = ""
        self._passed_over = 0

    def take(self, headers: Headers) -> Headers | None:
        """The message as Asterisk meant it; None while it is only a part of one."""
        if self._cut:
            return self._close(headers)
        if not self._known_form:
            return headers
        for place, (key, _) in enumerate(headers):
            if key.endswith(HEAD[0]):
                prefix = key.removesuffix(HEAD[0])
                if not _stands(headers, place, prefix, WHOLE):
                    return self._mend(headers, place, prefix)
        return headers

    def _mend(self, headers: Headers, place: int, prefix: str) -> Headers | None:
        """Take out what stands where only Asterisk's headers may, or wait for the event's close."""
        if not _stands(headers, place, prefix, HEAD):
            return headers  # no channel's part as we know it: nothing to hold it against
        head = headers[: place + len(HEAD)]
        close = _last(headers, prefix)
        if close is None:
            self._cut, self._prefix, self._passed_over = head, prefix, 0
            return None
        return self._mended(head, headers[place + len(HEAD) : close], headers[close:])

    def _close(self, headers: Headers) -> Headers | None:
        """A message after a cut: the caller's, until the one that holds the event's close."""
        close = _last(headers, self._prefix)
        if close is None:
            self._passed_over += 1
            if self._passed_over < MAX_FORGED:
                return None
            self._cut, self._known_form = [], False
            log.error("ami_events_unknown_form", advice="report this with your Asterisk's version")
            return headers
        head, self._cut = self._cut, []
        return self._mended(head, headers[:close], headers[close:])

    def _mended(self, head: Headers, between: Headers, close: Headers) -> Headers | None:
        self.mended += 1
        channel = next((value for key, value in head if key.endswith("Channel")), "")
        log.warning("ami_event_mended", channel=channel, why="a caller's number held line breaks")
        said = dict(between)
        prefix = head[-1][0].removesuffix(HEAD[-1])
        names = [(prefix + key, said.get(prefix + key, "")) for key in BETWEEN]
        return self.take([*head, *names, *close])


def _stands(headers: Headers, place: int, prefix: str, keys: tuple[str, ...]) -> bool:
    """Whether just these keys stand at this place, one after the other."""
    there = headers[place : place + len(keys)]
    return len(there) == len(keys) and all(
        key == prefix + wanted for (key, _), wanted in zip(there, keys, strict=True)
    )


def _last(headers: Headers, prefix: str) -> int | None:
    """Where the last close of a channel's part begins."""
    for place in range(len(headers) - len(CLOSE), -1, -1):
        if headers[place][0] == prefix + CLOSE[0] and _stands(headers, place, prefix, CLOSE):
            return place
    return None
