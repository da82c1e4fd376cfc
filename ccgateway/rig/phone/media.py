"""One talk's audio: a packet every 20 ms with the phone's tone or a key, and all that comes in."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable

from ccgateway.rig.phone import rtp, tones
from ccgateway.rig.phone.ear import Ear
from ccgateway.rig.phone.rtp import KeyEvent, Packet
from ccgateway.rig.phone.sdp import Direction, Sdp

KEY_PACKETS = 5  # a key is pressed for 100 ms; Asterisk wants 80
GAP_PACKETS = 2  # after the three packets of the end: 100 ms between keys
_LATE = 0.2  # seconds behind, on a machine that is busy: then time that was lost is not made up

KeySeen = Callable[[str], None]


class Media(asyncio.DatagramProtocol):
    """An RTP socket at ``host``:``port``, bound now. It listens from ``open`` on."""

    def __init__(self, host: str, port: int, hertz: int, sent: KeySeen, received: KeySeen) -> None:
        self.local = Sdp(host, port)
        self.remote: Sdp | None = None
        self.ear = Ear()
        self.speaks = False  # whether the tone is sent
        self._tone = tones.packet(hertz)
        self._told = (sent, received)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.setblocking(False)
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._keys: deque[KeyEvent | None] = deque()  # None: a packet's time of silence
        self._source = random.getrandbits(32)
        self._sequence = self._timestamp = self._key_began = 0
        self._last_key = -1  # timestamp of the key that was received last: it comes many times

    async def open(self) -> None:
        """Listen, and send what there is to send."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)
        self._timer = loop.call_later(rtp.PTIME, self._tick, loop.time() + rtp.PTIME)

    def agree(self, remote: Sdp) -> None:
        """The other side said where it listens and who is to send."""
        self.remote = remote

    def press(self, keys: str) -> None:
        """Send keys (0-9*#A-D), one after the other; the tone waits meanwhile."""
        for key in keys:
            self._keys.extend(rtp.pressing(key, KEY_PACKETS))
            self._keys.extend([None] * GAP_PACKETS)

    @property
    def is_pressing(self) -> bool:
        return bool(self._keys)

    def close(self) -> None:
        """Nothing is sent or received any more; what was heard stays."""
        if self._timer:
            self._timer.cancel()
        if self._transport:
            self._transport.close()
        else:
            self._socket.close()

    def datagram_received(self, data: bytes, _addr: object) -> None:
        packet = rtp.decode(data)
        if packet is None:
            return
        if packet.kind == rtp.PCMU:
            self.ear.take(packet.payload)
        elif packet.kind == self.local.events:
            event = rtp.decode_key(packet.payload)
            if event and packet.timestamp != self._last_key:
                self._last_key = packet.timestamp
                self._told[1](event.key)

    def _tick(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        self._timestamp += rtp.SAMPLES
        if self._keys:
            self._send_key(self._keys.popleft())
        elif self.speaks:
            self._send(rtp.PCMU, self._tone, self._timestamp)
        following = due + rtp.PTIME
        if loop.time() - following > _LATE:
            following = loop.time() + rtp.PTIME
        self._timer = loop.call_at(following, self._tick, following)

    def _send_key(self, event: KeyEvent | None) -> None:
        if event is None or not self.remote:
            return
        begins = event.duration == rtp.SAMPLES and not event.end
        if begins:
            self._key_began = self._timestamp
            self._told[0](event.key)
        self._send(self.remote.events, event.encode(), self._key_began, marker=begins)

    def _send(self, kind: int, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        remote = self.remote
        # 0: the other side wants none; ours to be silent is in ``speaks``
        if not remote or not remote.port or not self._transport:
            return
        if remote.direction in {Direction.SEND, Direction.NONE}:
            return
        self._sequence += 1
        packet = Packet(kind, self._sequence, timestamp, self._source, payload, marker)
        self._transport.sendto(packet.encode(), (remote.host, remote.port))
