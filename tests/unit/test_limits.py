"""Rate limits by key: each its own, and no more of them than memory is meant for."""

from __future__ import annotations

import pytest

from ccgateway.access.bucket import Limit
from ccgateway.web import limits
from ccgateway.web.limits import Limits
from ccgateway.web.peer import Peer


def test_each_key_has_its_own() -> None:
    now = [0.0]
    some = Limits(Limit(burst=1, rate=0.1), lambda: now[0])
    assert [some.take("a"), some.take("a"), some.take("b")] == [0.0, 10.0, 0.0]
    now[0] = 10.0
    assert some.take("a") == 0.0


def test_those_not_needed_for_long_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEPT", 3)
    some = Limits(Limit(burst=1, rate=0.1), lambda: 0.0)
    for key in ("a", "b", "c", "a", "d"):
        some.take(key)
    assert [bool(some.take(key)) for key in "cadb"] == [True, True, True, False]


def test_one_home_is_one_address() -> None:
    """Whoever has an IPv6 address has 2 to the power of 64 of them."""
    homes = {Peer(f"2001:db8::{n}", is_tls=True).home for n in range(1, 9)}
    assert homes == {"2001:db8::/64"}
    assert Peer("203.0.113.7", is_tls=False).home == "203.0.113.7"
    assert Peer("::ffff:203.0.113.7", is_tls=False).home == "203.0.113.7"
    assert Peer("", is_tls=False).home == ""
