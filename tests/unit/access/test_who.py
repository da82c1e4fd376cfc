"""Roles, scopes, tokens and buckets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

import pytest

from ccgateway.access.bucket import Bucket, Limit
from ccgateway.access.token import Token, digest
from ccgateway.access.who import Role, Scope

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CALL = {"client": "oilco", "service": "hotline", "queues": ["stations", "pumps"], "agents": ["101"]}
QUEUE = {"name": "pumps", "services": ["hotline"], "clients": ["oilco"]}
AGENT = {"id": "101", "queues": ["pumps"], "services": ["hotline"], "clients": ["oilco"]}
SERVICE = {"id": "hotline", "client": "oilco", "queues": ["stations", "pumps"]}
LIMITS = {"clients": "oilco", "services": "hotline", "queues": "pumps"}


def scope(other: str = "", *names: str) -> Scope:
    """Limited by these; by ``other`` to something else."""

    def limit(name: str) -> frozenset[str]:
        return frozenset(["bank" if name == other else LIMITS[name]] if name in names else [])

    return Scope(limit("clients"), limit("services"), limit("queues"))


SOME = list(chain.from_iterable(combinations(LIMITS, count) for count in range(4)))


@pytest.mark.parametrize("names", SOME)
def test_every_limit_must_be_met(names: tuple[str, ...]) -> None:
    for other in ("", *names):
        limits = scope(other, *names)
        seen = {
            limits.sees_call(CALL),
            limits.sees_queue(QUEUE),
            limits.sees_agent(AGENT),
            limits.sees_service(SERVICE),
        }
        assert seen == {not other}, limits
        assert limits.is_all == (not names)


def test_ones_own_is_seen_beyond_all_limits() -> None:
    own = Scope(frozenset(["bank"]), frozenset(["loans"]), frozenset(["counter"]), "101")
    assert own.sees_call(CALL)
    assert own.sees_agent(AGENT)
    assert not own.sees_queue(QUEUE)
    assert not own.sees_call({**CALL, "agents": ["102"]})
    assert not own.sees_agent({**AGENT, "id": "102"})


def token(role: Role, limits: Scope, ends: timedelta | None = None) -> Token:
    return Token("1f", "Anna's", role, limits, NOW, NOW + ends if ends else None)


def test_an_agents_token_without_limits_shows_the_agents_queues() -> None:
    stations = frozenset(["stations"])
    assert token(Role.AGENT, Scope(agent="101")).who(stations).scope.queues == stations
    narrower = Scope(services=frozenset(["hotline"]), agent="101")
    assert token(Role.AGENT, narrower).who(stations).scope == narrower
    assert token(Role.SUPERVISOR, Scope()).who(stations).scope.is_all


def test_a_token_ends() -> None:
    day = timedelta(days=1)
    short = token(Role.SUPERVISOR, Scope(), day)
    assert short.is_good(NOW + day - timedelta(microseconds=1))
    assert not short.is_good(NOW + day)
    assert token(Role.SUPERVISOR, Scope()).is_good(NOW + 10_000 * day)


def test_a_secret_that_is_no_text_has_a_digest() -> None:
    assert digest("\udcff") != digest("\ufffd")


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket.full(Limit(burst=3, rate=0.5), 100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    assert bucket.take(101.5) == 0.5
    assert [bucket.take(102.0), bucket.take(102.0)] == [0.0, 2.0]
    assert [bucket.take(1000.0) for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]


def test_what_is_given_back_is_there_again_and_no_more() -> None:
    bucket = Bucket.full(Limit(burst=2, rate=0.5), 100.0)
    bucket.give(100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0.0, 0.0, 2.0]
    bucket.give(100.0)
    assert [bucket.take(100.0), bucket.take(100.0)] == [0.0, 2.0]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket.full(Limit(burst=1, rate=1), 100.0)
    assert bucket.take(100.0) == 0.0
    assert bucket.take(50.0) == 1.0
