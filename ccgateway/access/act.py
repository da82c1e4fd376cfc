"""Acts: what somebody did, or was refused, over HTTP or at the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the audit. ``who`` is the token's name and ``token`` its id, '' both where nobody
    was known; ``role`` by its name; ``what`` the route's name; ``target`` what it was done to, as
    the path or the answer names it: an id, never a telephone number. ``status`` is of HTTP;
    ``address`` where it came from. Time is aware UTC."""

    at: datetime
    who: str
    token: str
    role: str
    what: str
    target: str
    status: int
    address: str
