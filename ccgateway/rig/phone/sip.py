"""SIP messages (RFC 3261), as far as a phone on UDP needs them: text in, text out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_SHORT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
    "c": "content-type", "k": "supported", "e": "content-encoding", "r": "refer-to",
    "b": "referred-by", "o": "event",
}  # fmt: skip
_ADDRESS = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>(.*)', re.DOTALL)
_USER = re.compile(r"(?:sips?|tel):([^@;>]*)")
Headers = tuple[tuple[str, str], ...]


class NotSip(ValueError):
    """What came is no SIP message."""


@dataclass(frozen=True, slots=True)
class SipMessage:
    """One message. Header names are looked up in any case; short forms are known."""

    start: str
    headers: Headers
    body: str = ""

    @property
    def method(self) -> str:
        """Of a request; '' for a response."""
        return "" if self.status else self.start.partition(" ")[0]

    @property
    def uri(self) -> str:
        """The URI that a request is for."""
        return self.start.split(" ")[1]

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        words = self.start.split(" ")
        return int(words[1]) if words[0] == "SIP/2.0" else 0

    @property
    def reason(self) -> str:
        """The phrase of a response."""
        return self.start.split(" ", 2)[2] if self.start.count(" ") > 1 else ""

    @property
    def call_id(self) -> str:
        return self.first("call-id")

    @property
    def cseq(self) -> tuple[int, str]:
        number, _, method = self.first("cseq").partition(" ")
        return int(number or 0), method.strip()

    @property
    def branch(self) -> str:
        """Of the topmost Via: the transaction."""
        return parameter(self.first("via"), "branch")

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def first(self, name: str) -> str:
        """The first value of a header; '' where there is none."""
        found = self.all(name)
        return found[0] if found else ""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        body = self.body.encode()
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        return text.encode() + body


@dataclass(frozen=True, slots=True)
class Address:
    """A display name with a URI, and the parameters behind it (``;tag=...``)."""

    name: str
    uri: str
    parameters: str

    @property
    def user(self) -> str:
        """The user part, or the number of a tel: URI; '' where there is none."""
        found = _USER.match(self.uri)
        return unquote(found[1]) if found and ("@" in self.uri or self.uri[0] == "t") else ""


def parse(data: bytes) -> SipMessage:
    """A datagram as a message. Raises NotSip."""
    head, _, body = data.decode("utf-8", errors="replace").partition("\r\n\r\n")
    start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    if not re.fullmatch(r"SIP/2\.0 \d{3}( .*)?|[A-Z]+ \S+ SIP/2\.0", start):
        raise NotSip(start[:80])
    pairs = (line.partition(":") for line in lines)
    headers = tuple((_long(name.strip()), value.strip()) for name, _, value in pairs)
    kept = tuple(pair for pair in headers if pair[0].lower() != "content-length")
    return SipMessage(start, kept, body)


def _long(name: str) -> str:
    return _SHORT.get(name.lower(), name)


def parse_address(text: str) -> Address:
    """A From, To, Contact or P-Asserted-Identity value."""
    found = _ADDRESS.match(text)
    if found:
        name = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
        return Address(name, found[3], found[4])
    uri, semicolon, parameters = text.strip().partition(";")
    return Address("", uri, semicolon + parameters)


def parameter(text: str, name: str) -> str:
    """A parameter (``;name=value``) behind an address or a Via; '' where there is none."""
    found = re.search(rf";\s*{name}\s*=\s*([^;,\s>]+)", parse_address(text).parameters or text)
    return found[1] if found else ""


def response(
    request: SipMessage, said: tuple[int, str], tag: str, more: Headers = (), body: str = ""
) -> SipMessage:
    """The answer (status and phrase) to a request, with our tag on the To where it has none."""
    to = request.first("to")
    if tag and not parameter(to, "tag"):
        to = f"{to};tag={tag}"
    headers = (
        *(("Via", via) for via in request.all("via")),
        ("From", request.first("from")),
        ("To", to),
        ("Call-ID", request.call_id),
        ("CSeq", request.first("cseq")),
        *more,
    )
    return SipMessage(f"SIP/2.0 {said[0]} {said[1]}", headers, body)
