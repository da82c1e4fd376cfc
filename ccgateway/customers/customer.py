"""A customer: somebody of a client's who is known by a number (here: a petrol station)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Customer:
    """One row of the customer table. ``language`` is '' where it is not known; ``priority`` is
    added to the service's; a blocked one is not served."""

    id: int
    client: str
    number: str
    name: str
    language: str = ""
    priority: int = 0
    blocked: bool = False
