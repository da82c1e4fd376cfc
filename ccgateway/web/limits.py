"""Rate limits: a bucket for each token, and one for each address that failed to sign in."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from time import monotonic

from aiohttp import web

from ccgateway.access.bucket import Bucket, Limit
from ccgateway.web.problems import problem

PER_TOKEN = Limit(burst=500, rate=100)
"""Requests of one token: a desk needs one a second, a dialling program some ten. A hundred take
about a twentieth of the loop that also routes callers."""

FAILED = Limit(burst=10, rate=1 / 6)
"""Wrong tokens from one address: ten mistakes at once, then one in six seconds. It guards the
token of the TOML file, which may be as short as eight characters."""

MOST_KEPT = 10_000
"""Buckets kept, about 2 MB. The one that was not needed for the longest time goes first: it is
full again by then, unless ten thousand addresses attack at once."""


class Limits:
    """The buckets of one limit, by key."""

    def __init__(self, limit: Limit, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one: 0.0, or the seconds to wait until there is one."""
        return self._bucket(key).take(self._clock())

    def give(self, key: str) -> None:
        """Give one back that was taken."""
        self._bucket(key).give(self._clock())

    def _bucket(self, key: str) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket.full(self._limit, self._clock())
            if len(self._buckets) > MOST_KEPT:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket


def too_many(wait: float, detail: str) -> web.Response:
    """429, and when to come again."""
    seconds = str(max(math.ceil(wait), 1))
    detail = f"{detail} Come again in {seconds} s."
    return problem(HTTPStatus.TOO_MANY_REQUESTS, detail, **{"Retry-After": seconds})
