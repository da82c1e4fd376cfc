"""The rig's phones, by what they do when they are rung."""

from __future__ import annotations

from enum import Enum


class Behaviour(Enum):
    """What a phone does: SIPp scenario, and the numbers of the phones that do it."""

    ANSWERS = ("phone_answers", range(101, 140))  # rings a while, answers, waits for the BYE
    HANGS_UP = ("phone_hangs_up", range(141, 150))  # answers, and ends the talk itself
    HOLDS = ("phone_holds", range(151, 160))  # answers, holds the caller, takes him back
    RINGS_ON = ("phone_rings_on", range(161, 170))  # never answers
    BUSY = ("phone_busy", range(171, 180))  # 486
    REJECTS = ("phone_rejects", range(181, 190))  # 603

    @property
    def scenario(self) -> str:
        return self.value[0]

    @property
    def phones(self) -> range:
        return self.value[1]


ALL = tuple(number for behaviour in Behaviour for number in behaviour.phones)
"""SIPp's phones: each process stands for all of its behaviour."""

SCRIPTED = range(201, 230)
"""Phones that register with a password: the scripted ones (rig/phone) and softphones."""


def behaviour_of(phone: int) -> Behaviour:
    """What this phone does. Raises KeyError for a number that is no phone."""
    for behaviour in Behaviour:
        if phone in behaviour.phones:
            return behaviour
    raise KeyError(phone)
