"""SIPp's message logs: what really went over the wire, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_HEAD = re.compile(
    r"^-{20,} (?P<at>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{6})Z?\n"
    r"UDP message (?P<way>sent|received) .*:\n\n",
    re.MULTILINE,
)
_USER = re.compile(r"<sips?:([^@>;]*)@")


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message. ``sent`` is as SIPp sees it; ``at`` is aware UTC."""

    at: datetime
    sent: bool
    start: str
    headers: Mapping[str, str]  # names in lower case; of a repeated one the first

    @property
    def method(self) -> str:
        """Of a request; '' for a response."""
        return "" if self.status else self.start.partition(" ")[0]

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        words = self.start.split(" ")
        return int(words[1]) if words[0] == "SIP/2.0" else 0

    @property
    def call_id(self) -> str:
        return self.headers.get("call-id", "")

    @property
    def answers_invite(self) -> bool:
        """A final yes to an INVITE."""
        return self.status == 200 and self.headers.get("cseq", "").endswith("INVITE")  # noqa: PLR2004 -- SIP's OK

    def user(self, header: str) -> str:
        """The user part of the URI in a header, '' where there is none."""
        found = _USER.search(self.headers.get(header, ""))
        return found[1] if found else ""

    @property
    def dialled(self) -> str:
        """The user part of a request's URI."""
        found = re.match(r"\S+ sips?:([^@ ;]*)@", self.start)
        return found[1] if found else ""


def read(log: Path) -> Iterator[Message]:
    """All whole messages of a log, in order. SIPp may be writing its last one now."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return parse(text)


def parse(text: str) -> Iterator[Message]:
    """All messages of a log's text: of SIPp 3.6, which runs with TZ=UTC, and of 3.7, whose times
    are ISO 8601."""
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=False):  # an empty log has an end, and no head
        start, _, rest = text[head.end() : end].lstrip("\n").partition("\n")
        at = datetime.fromisoformat(head["at"]).replace(tzinfo=UTC)
        yield Message(at, head["way"] == "sent", start.strip(), _headers(rest))


def _headers(text: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            break
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers
