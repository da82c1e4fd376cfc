"""Bytes -> messages of the Asterisk Manager Interface.

The law: a banner line ended by one CRLF, then messages of ``Key: value`` lines, each ended by an
empty line. TCP cuts anywhere, so bytes are decoded per message, never per chunk; text is not always
UTF-8; a value may be empty or hold ``: ``; a key may come again (ChanVariable, Variable, Output).
"""

from __future__ import annotations

from collections.abc import Iterator

Headers = list[tuple[str, str]]
"""The headers of one message, in order, repeated ones included."""

BANNER = b"Asterisk Call Manager/"
MAX_BANNER_BYTES = 128  # the real one has about 30
MAX_MESSAGE_BYTES = 256 * 1024  # the longest real ones, list items with many variables, have 20 kB
MAX_HEADERS = 2048  # ChanVariable comes once per variable

_EOL = b"\r\n"
_END = b"\r\n\r\n"


class FramingError(ValueError):
    """The peer does not speak AMI, or beyond our limits."""


class Framer:
    """Takes chunks as TCP delivers them, gives whole messages.

    Each byte is looked at once: the search for the end goes on where it stopped, so a stream that
    drips byte by byte costs no more than one that comes at once.
    """

    def __init__(self) -> None:
        self.version = ""
        self._buffer = bytearray()
        self._searched = 0

    @property
    def pending(self) -> int:
        """Bytes of an unfinished message."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> Iterator[Headers]:
        """The messages that ``chunk`` completes. Raises FramingError; then the link is no use."""
        self._buffer += chunk
        if not self.version and not self._take_banner():
            return
        start = 0
        try:
            while (end := self._buffer.find(_END, max(start, self._searched - len(_END) + 1))) >= 0:
                self._check_size(end - start)
                raw = bytes(self._buffer[start:end])
                start = end + len(_END)
                if headers := parse(raw):
                    yield headers
        finally:
            del self._buffer[:start]
            self._searched = len(self._buffer)
        self._check_size(len(self._buffer))

    def _take_banner(self) -> bool:
        end = self._buffer.find(_EOL)
        line = bytes(self._buffer[: end if end >= 0 else None])
        if not line.startswith(BANNER[: len(line)]) or len(line) > MAX_BANNER_BYTES:
            raise FramingError("no AMI banner: this is not Asterisk's manager port")
        if end < 0:
            return False
        self.version = line[len(BANNER) :].decode("ascii", "replace").strip() or "?"
        del self._buffer[: end + len(_EOL)]
        return True

    @staticmethod
    def _check_size(size: int) -> None:
        if size > MAX_MESSAGE_BYTES:
            raise FramingError(f"an AMI message is longer than {MAX_MESSAGE_BYTES} bytes")


def parse(raw: bytes) -> Headers:
    """The headers of one message without its closing empty line.

    Bytes that are no UTF-8, and NUL, which PostgreSQL refuses, read as U+FFFD. A line without a
    colon (a stray one between messages) is passed over. Raises FramingError.
    """
    text = raw.decode("utf-8", "replace").replace("\0", "\ufffd")
    lines = text.split("\r\n")
    if len(lines) > MAX_HEADERS:
        raise FramingError(f"an AMI message has more than {MAX_HEADERS} headers")
    headers: Headers = []
    for line in lines:
        key, colon, value = line.partition(":")
        if colon:
            headers.append((key, value.removeprefix(" ")))
    return headers
