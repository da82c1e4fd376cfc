"""The day of a fact: the birthday of its channel, where that can be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ccgateway.telephony.facts import Fact, Kind

AT = datetime(2026, 11, 22, 0, 0, 5, tzinfo=UTC)


def day(born: datetime | str, at: datetime = AT) -> date:
    subject = born if isinstance(born, str) else f"{int(born.timestamp())}.1"
    return Fact("pbx1", Kind.CHANNEL_ENDED, subject, at).day


@pytest.mark.parametrize("days", [-1, 0, 1, 40])
def test_it_is_the_channels_birthday(days: int) -> None:
    born = AT - timedelta(days=days)
    assert day(born) == born.date()


@pytest.mark.parametrize("days", [-3650, -2, 41, 15000])
def test_a_birthday_that_cannot_be_is_not_believed(days: int) -> None:
    assert day(AT - timedelta(days=days)) == AT.date()


@pytest.mark.parametrize("chosen", ["99999999999.1", "pbx1-99999999999.7", "attempt-17", ""])
def test_an_id_that_an_originate_chose(chosen: str) -> None:
    assert day(chosen) == AT.date()


@pytest.mark.parametrize("at", [date.max, date.min])
def test_no_time_is_too_far(at: date) -> None:
    assert day(AT, datetime(at.year, at.month, at.day, tzinfo=UTC)) == at
