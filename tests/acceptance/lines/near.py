"""How near the record must be to what the phones saw."""

from __future__ import annotations

from datetime import datetime, timedelta

from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.story import What

WITHIN = timedelta(milliseconds=100)


def is_near(record: datetime | None, phone: datetime | None) -> None:
    """Assert it."""
    assert record
    assert phone
    assert abs(record - phone) <= WITHIN


def when(call: Call, what: What) -> datetime:
    """When something was at a phone, for the first time in this call."""
    return next(moment.at for moment in call.log if moment.what is what)
