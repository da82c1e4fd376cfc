"""The ear of the scripted phones: tones, keys, music and silence are told apart."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import pytest

from ccgateway.rig.audio import RATE, mulaw
from ccgateway.rig.phone import hearing, tones
from ccgateway.rig.phone.rtp import SAMPLES
from ccgateway.rig.phone.tones import AMPLITUDE, CHOICE, COLUMNS, ROWS

Wave = Callable[[int], float]
SEED = 20


def sine(hertz: float, amplitude: float = AMPLITUDE) -> Wave:
    return lambda n: amplitude * math.sin(2 * math.pi * hertz * n / RATE + 1)


def packets(count: int, *waves: Wave, start: int = 0) -> list[bytes]:
    """20 ms each, of the sum of these."""
    at = range(start, start + count * SAMPLES)
    sound = bytes(mulaw(int(sum(wave(n) for wave in waves))) for n in at)
    return [sound[first : first + SAMPLES] for first in range(0, len(sound), SAMPLES)]


def noise(amplitude: float) -> Wave:
    source = random.Random(SEED)
    return lambda _: source.uniform(-amplitude, amplitude)


def pressed(key: str, amplitude: float = 4000) -> tuple[Wave, Wave]:
    row, column = divmod("123A456B789C*0#D".index(key), 4)
    return sine(ROWS[row], amplitude), sine(COLUMNS[column], amplitude)


def test_mulaw_is_that_of_g711() -> None:
    """ITU-T G.711, table 2: the decision values at the ends, at zero, and at a segment's edge."""
    assert [hearing.LINEAR[byte] for byte in (0x80, 0x00, 0xFF, 0x7F, 0x8F)] == [
        32124, -32124, 0, 0, 16764,
    ]  # fmt: skip
    again = [mulaw(sample) for sample in hearing.LINEAR]
    assert again == [0xFF if byte == 0x7F else byte for byte in range(256)]  # one zero is enough


def test_there_are_tones_for_all_phones_and_some_more() -> None:
    assert len(CHOICE) >= 40
    assert all(SAMPLES * hertz % RATE == 0 for hertz in CHOICE)


def test_every_tone_is_heard_as_itself_alone() -> None:
    for hertz in CHOICE:
        assert hearing.tones([tones.packet(hertz)] * 10, CHOICE) == (frozenset({hertz}), False)


def test_five_at_once_are_told_apart() -> None:
    five = CHOICE[3::8][:5]
    mixed = packets(10, *(sine(hertz) for hertz in five))
    assert hearing.tones(mixed, CHOICE) == (frozenset(five), False)


def test_a_voice_over_music_is_both() -> None:
    mixed = packets(10, sine(CHOICE[0]), noise(3000))
    assert hearing.tones(mixed, CHOICE) == (frozenset({CHOICE[0]}), True)


@pytest.mark.parametrize("wave", [noise(3000), sine(440, 8000), sine(697, 8000), sine(433, 800)])
def test_other_sound_is_no_tone(wave: Wave) -> None:
    assert hearing.tones(packets(10, wave), CHOICE) == (frozenset(), True)


@pytest.mark.parametrize("wave", [noise(25), sine(440, 0)])
def test_silence(wave: Wave) -> None:
    assert hearing.tones(packets(10, wave), CHOICE) == (frozenset(), False)


def test_a_tone_that_begins_is_not_heard_yet_and_no_other_sound() -> None:
    begun = packets(7, sine(CHOICE[0], 0)) + packets(3, sine(CHOICE[0]))
    assert hearing.tones(begun, CHOICE) == (frozenset(), False)


def test_a_packet_lost_does_not_break_a_tone() -> None:
    whole = packets(12, sine(CHOICE[5]))
    assert hearing.tones(whole[:4] + whole[6:], CHOICE) == (frozenset({CHOICE[5]}), False)


@pytest.mark.parametrize("key", "0123456789*#ABCD")
@pytest.mark.parametrize("shift", [0, 57])
def test_every_key_is_heard_once(key: str, shift: int) -> None:
    quiet = packets(5, noise(50))
    # beginning in the middle of a packet
    sound = b"".join([*quiet, *packets(5, *pressed(key)), *quiet])[shift:]
    cut = [sound[at : at + SAMPLES] for at in range(0, len(sound) - SAMPLES + 1, SAMPLES)]
    found = hearing.keys(cut, CHOICE)
    assert [one for _, one in found] == [key]
    assert 4 <= found[0][0] <= 6


def test_the_same_key_twice_is_heard_twice() -> None:
    gap = packets(3, noise(50))
    recording = packets(5, *pressed("2")) + gap + packets(5, *pressed("2")) + gap
    assert [key for _, key in hearing.keys(recording)] == ["2", "2"]


def test_a_key_beside_a_voice_is_heard() -> None:
    recording = packets(10, *pressed("5"), sine(CHOICE[9]))
    assert [key for _, key in hearing.keys(recording, CHOICE)] == ["5"]


def test_voices_and_music_are_no_keys() -> None:
    assert not hearing.keys(packets(50, noise(6000)), CHOICE)
    for pair in itertools.combinations(CHOICE, 2):
        assert not hearing.keys(packets(4, *(sine(hertz) for hertz in pair)), pair)
