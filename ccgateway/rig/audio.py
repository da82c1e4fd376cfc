"""A tone for the simulated callers to speak with: G.711 µ-law, 8000 samples a second."""

from __future__ import annotations

import math

RATE = 8000  # samples a second, one byte each
_BIAS, _CLIP = 0x84, 32635  # ITU-T G.711, as every µ-law coder has them


def tone(hertz: float, seconds: float) -> bytes:
    """A sine tone at half of full scale."""
    step = 2 * math.pi * hertz / RATE
    return bytes(mulaw(int(16000 * math.sin(step * n))) for n in range(int(RATE * seconds)))


def mulaw(sample: int) -> int:
    """One 16-bit sample as a µ-law byte."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF
