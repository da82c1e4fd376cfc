"""RTP packets (RFC 3550) and telephone events (RFC 4733)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PCMU = 0
PTIME = 0.02  # seconds a packet
SAMPLES = 160  # a packet, one byte each
KEYS = "0123456789*#ABCD"  # in the order of their event codes
VOLUME = 10  # -dBm0, the usual
END_PACKETS = 3  # RFC 4733 2.5.1.4: the end is sent three times
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VERSION_2 = 0x80
_MARKER = 0x80


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet without extensions."""

    kind: int  # payload type
    sequence: int
    timestamp: int
    source: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        kind = self.kind | (_MARKER if self.marker else 0)
        head = _HEADER.pack(
            _VERSION_2, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.source
        )
        return head + self.payload


def decode(data: bytes) -> Packet | None:
    """A datagram as a packet; None for what is none (STUN, noise)."""
    if len(data) < _HEADER.size or data[0] & 0xC0 != _VERSION_2:
        return None
    first, kind, sequence, timestamp, source = _HEADER.unpack_from(data)
    at = _HEADER.size + 4 * (first & 0x0F)  # contributing sources, which we do not need
    return Packet(kind & 0x7F, sequence, timestamp, source, data[at:], bool(kind & _MARKER))


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """One packet of a key that is being pressed; ``duration`` in samples."""

    key: str
    duration: int
    end: bool = False

    def encode(self) -> bytes:
        flags = VOLUME | (0x80 if self.end else 0)
        return _EVENT.pack(KEYS.index(self.key), flags, self.duration)


def decode_key(payload: bytes) -> KeyEvent | None:
    """The payload of a telephone-event packet; None for events that are no key."""
    if len(payload) < _EVENT.size:
        return None
    code, flags, duration = _EVENT.unpack_from(payload)
    return KeyEvent(KEYS[code], duration, bool(flags & 0x80)) if code < len(KEYS) else None


def pressing(key: str, packets: int) -> Iterator[KeyEvent]:
    """The packets of one press, one every 20 ms: ``packets`` of growing duration, then the end."""
    for count in range(1, packets + 1):
        yield KeyEvent(key, count * SAMPLES)
    for _ in range(END_PACKETS):
        yield KeyEvent(key, packets * SAMPLES, end=True)
