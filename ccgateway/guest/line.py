"""Our one line in a file of the administrator's: put in at the end, and taken out again."""

from __future__ import annotations

import re

OURS = "ccgateway"
"""Our folder beside the administrator's files."""

_WHY = b'; by "ccgateway init"; "ccgateway uninstall" takes it out'
_MADE = (
    b'; Made by "ccgateway init". Removed by "ccgateway uninstall" when nothing else is in it.\n'
)
_LINE = re.compile(
    rb"^#include " + OURS.encode() + rb"/[a-z_]+\.conf " + re.escape(_WHY) + rb"\r?(?:\n|\Z)",
    re.MULTILINE,
)
_AT_END = re.compile(rb"\n" + _LINE.pattern.removeprefix(b"^").replace(rb"(?:\n|\Z)", rb"\Z"))


def line_of(file: str) -> str:
    """The line that includes ``file`` of our folder, without its end."""
    return f"#include {OURS}/{file} {_WHY.decode()}"


def is_in(text: bytes) -> bool:
    """Whether a line of ours is in it."""
    return bool(_LINE.search(text))


def put_in(text: bytes | None, file: str) -> bytes:
    """The text with the line for ``file`` at its end. None: there was no such file. A text with a
    line of ours stays as it is. Where the last line had no end, ours has none either: so it is seen
    later that the end before it is ours."""
    line = line_of(file).encode()
    if text is None:
        return _MADE + line + b"\n"
    if is_in(text):
        return text
    if text and not text.endswith(b"\n"):
        return text + b"\n" + line
    return text + line + b"\n"


def take_out(text: bytes) -> bytes | None:
    """The text without our lines; every other byte stays. None where the whole file was ours."""
    if not is_in(text):
        return text
    text = _LINE.sub(b"", _AT_END.sub(b"", text))
    if text == _MADE:
        return None
    return text.replace(_MADE, b"", 1) if text.startswith(_MADE) else text
