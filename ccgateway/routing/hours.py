"""Is a service open? Wall-clock hours and holidays, in the service's own time zone."""

from __future__ import annotations

from datetime import datetime

from ccgateway.routing.route import Reason
from ccgateway.routing.service import Service

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_open(service: Service, now: datetime) -> tuple[bool, Reason]:
    """Whether ``service`` is open at ``now`` (aware), and why."""
    local = now.astimezone(service.timezone)
    inputs = f"{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M} {service.timezone.key}"
    if local.date() in service.holidays:
        name = service.holidays[local.date()] or "holiday"
        return False, Reason("hours", inputs, f"closed: {name}")
    if not service.hours:
        return True, Reason("hours", inputs, "open: always")
    for hours in service.hours:
        if hours.hold(local):
            return True, Reason("hours", inputs, f"open: {hours.opens:%H:%M}-{hours.closes:%H:%M}")
    return False, Reason("hours", inputs, "closed: outside the hours")
