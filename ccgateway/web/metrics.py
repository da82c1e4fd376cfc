"""``/metrics``: what we count and measure, for Prometheus (text format, all names ``ccgateway_``).

Queues and nodes are labels, people are not: neither an agent nor a number is ever one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.aiohttp import make_aiohttp_handler
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ccgateway import __version__
from ccgateway.access.who import Role
from ccgateway.errors import Forbidden
from ccgateway.web.routes import WHO, Route

NO_ROUTE = "none"
"""The label of requests for what is not there."""

WHOLE = "Metrics are of the whole gateway: ask with a token that has no scope."


@dataclass(frozen=True, slots=True)
class QueueNumbers:
    """``wait_s``: of who waits longest now."""

    waiting: int
    wait_s: float
    logged_in: int


@dataclass(frozen=True, slots=True)
class LinkNumbers:
    """``lag_s``: from the last event's stamp to its arrival; ``offset_s``: Asterisk's clock minus
    ours."""

    up: bool
    connects: int
    events: int
    odd: int
    missing_rights: int
    lag_s: float
    offset_s: float


@dataclass(frozen=True, slots=True)
class SpoolNumbers:
    """What waits on disk for PostgreSQL; ``refused``: facts that had no room anywhere; ``bad``:
    records that were damaged."""

    facts: int = 0
    bytes: int = 0
    full_ratio: float = 0.0
    refused: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class JournalNumbers:
    """What is read of Asterisk's journals. ``lag_s``: from the last time that is read to now, by
    node; ``behind``: bytes of their files that are not read; ``pending``: calls that wait to be
    repaired."""

    lag_s: Mapping[str, float] = field(default_factory=dict)
    behind: Mapping[str, int] = field(default_factory=dict)
    facts: int = 0
    odd: int = 0
    pending: int = 0
    repaired: int = 0
    made_whole: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Numbers:
    """All that is told, beside what the web side counts itself. Counts since the start, but for
    what is of now: ``live``, ``queues``, ``agents``, ``backlog``, ``lag_s``, ``unwritten``,
    ``spool``, ``watchers``, ``awaits_restart``."""

    live: int = 0  # calls
    ended: Mapping[str, int] = field(default_factory=dict)  # by disposition
    others: int = 0
    queues: Mapping[str, QueueNumbers] = field(default_factory=dict)
    agents: Mapping[str, int] = field(default_factory=dict)  # by state
    links: Mapping[str, LinkNumbers] = field(default_factory=dict)
    journals: Mapping[str, bool] = field(default_factory=dict)  # by node
    journalling: JournalNumbers = JournalNumbers()
    backlog: int = 0
    lag_s: float = 0.0
    late: int = 0
    unwritten: int = 0
    spool: SpoolNumbers = SpoolNumbers()
    refused_rows: int = 0
    odd_facts: int = 0
    agi: Mapping[str, int] = field(default_factory=dict)  # by outcome
    agi_s: float = 0.0
    agi_slowest_s: float = 0.0
    watchers: int = 0
    dropped_watchers: int = 0
    reloads: Mapping[str, int] = field(default_factory=dict)  # by outcome
    awaits_restart: int = 0


Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Told:
    """One metric: its name without ``ccgateway_`` (and without ``_total``), what it is, its labels,
    and how it is read."""

    name: str
    help: str
    read: Callable[[Numbers], Iterable[Sample]]
    labels: Sequence[str] = ()
    counts: bool = False

    def family(self, numbers: Numbers) -> Metric:
        """It, as it is now."""
        kind = CounterMetricFamily if self.counts else GaugeMetricFamily
        family = kind(f"ccgateway_{self.name}", self.help, labels=self.labels)
        for labels, value in self.read(numbers):
            family.add_metric(labels, value)
        return family


def _one(read: Callable[[Numbers], float]) -> Callable[[Numbers], Iterable[Sample]]:
    return lambda numbers: [((), read(numbers))]


def _by(read: Callable[[Numbers], Mapping[str, float]]) -> Callable[[Numbers], Iterable[Sample]]:
    return lambda numbers: [((label,), value) for label, value in read(numbers).items()]


def _of_queues(read: Callable[[QueueNumbers], float]) -> Callable[[Numbers], Iterable[Sample]]:
    return _by(lambda n: {name: read(queue) for name, queue in n.queues.items()})


def _of_links(read: Callable[[LinkNumbers], float]) -> Callable[[Numbers], Iterable[Sample]]:
    return _by(lambda n: {name: read(link) for name, link in n.links.items()})


QUEUE, NODE, OUTCOME = ("queue",), ("node",), ("outcome",)

TABLE = (
    Told("info", "1, with the version.", lambda _: [((__version__,), 1)], ("version",)),
    Told("calls_live", "Calls that are under way.", _one(lambda n: n.live)),
    Told("calls_ended", "Calls that ended, by how.",
         _by(lambda n: n.ended), ("disposition",), True),
    Told("calls_of_others", "Calls of the PBX that were none of ours.",
         _one(lambda n: n.others), (), True),
    Told("queue_waiting", "Callers who wait in a queue.", _of_queues(lambda q: q.waiting), QUEUE),
    Told("queue_longest_wait_seconds", "How long the first of them has waited.",
         _of_queues(lambda q: q.wait_s), QUEUE),
    Told("queue_agents", "Agents who are logged in to a queue.",
         _of_queues(lambda q: q.logged_in), QUEUE),
    Told("agents", "Agents, by state.", _by(lambda n: n.agents), ("state",)),
    Told("ami_up", "1 while the AMI link to a node is up.", _of_links(lambda k: k.up), NODE),
    Told("ami_connects", "Logins to a node's AMI that were accepted.",
         _of_links(lambda k: k.connects), NODE, True),
    Told("ami_events", "AMI events that came.", _of_links(lambda k: k.events), NODE, True),
    Told("ami_odd", "AMI messages that made no sense to us.",
         _of_links(lambda k: k.odd), NODE, True),
    Told("ami_missing_rights", "Rights that our AMI user was found to lack.",
         _of_links(lambda k: k.missing_rights), NODE),
    Told("ami_lag_seconds", "From Asterisk's stamp on the last event to its arrival (0 without "
         "timestampevents).", _of_links(lambda k: k.lag_s), NODE),
    Told("ami_clock_offset_seconds", "Asterisk's clock minus ours.",
         _of_links(lambda k: k.offset_s), NODE),
    Told("journals_up", "1 while Asterisk's journals are there, can be read and go on, by node "
         "whose log folder is seen from here.", _by(lambda n: n.journals), NODE),
    Told("journals_lag_seconds", "From the time up to which a node's journals are read to now.",
         _by(lambda n: n.journalling.lag_s), NODE),
    Told("journals_behind_bytes", "What stands in their files and is not read yet, by node "
         "whose log folder is seen from here.", _by(lambda n: n.journalling.behind), NODE),
    Told("journals_facts", "Facts of our calls that the journals told.",
         _one(lambda n: n.journalling.facts), (), True),
    Told("journals_odd_records", "Records in the journals that were none of Asterisk's.",
         _one(lambda n: n.journalling.odd), (), True),
    Told("journals_waiting_calls", "Calls that are over and wait to be folded with the journals.",
         _one(lambda n: n.journalling.pending)),
    Told("journals_calls", "Calls that were folded with the journals.",
         _one(lambda n: n.journalling.repaired), (), True),
    Told("journals_made_whole_calls", "Those of them that were not seen whole before.",
         _one(lambda n: n.journalling.made_whole), (), True),
    Told("journals_failed_calls", "Calls that could not be: the log has each.",
         _one(lambda n: n.journalling.failed), (), True),
    Told("backlog", "Events that came and are not worked off yet.", _one(lambda n: n.backlog)),
    Told("loop_lag_seconds", "How late the event loop was, measured ten times a second.",
         _one(lambda n: n.lag_s)),
    Told("loop_late", "Measurements in which it was more than 20 ms late.",
         _one(lambda n: n.late), (), True),
    Told("unwritten_facts", "Facts that wait for PostgreSQL, in memory and on disk.",
         _one(lambda n: n.unwritten)),
    Told("spool_facts", "Those of them that wait on disk.", _one(lambda n: n.spool.facts)),
    Told("spool_bytes", "What they take there.", _one(lambda n: n.spool.bytes)),
    Told("spool_full_ratio", "That, of spool_mb: 0 to 1.", _one(lambda n: n.spool.full_ratio)),
    Told("spool_refused_facts", "Facts that had room neither on disk nor in memory: lost.",
         _one(lambda n: n.spool.refused), (), True),
    Told("spool_bad_records", "Records that were damaged on disk, and were set aside.",
         _one(lambda n: n.spool.bad), (), True),
    Told("refused_rows", "Rows that PostgreSQL will never take; the log has each.",
         _one(lambda n: n.refused_rows), (), True),
    Told("odd_facts", "Facts of channels whose beginning was not seen.",
         _one(lambda n: n.odd_facts), (), True),
    Told("agi_sessions", "AGI sessions and connections, by how they ended.",
         _by(lambda n: n.agi), OUTCOME, True),
    Told("agi_seconds", "Time of all AGI answers together.", _one(lambda n: n.agi_s), (), True),
    Told("agi_slowest_seconds", "The slowest AGI answer since the start.",
         _one(lambda n: n.agi_slowest_s)),
    Told("watchers", "Who follow the live feed now.", _one(lambda n: n.watchers)),
    Told("watchers_dropped", "Watchers who were too slow, and were let go.",
         _one(lambda n: n.dropped_watchers), (), True),
    Told("config_reloads", "Reloads of the configuration, by outcome.",
         _by(lambda n: n.reloads), OUTCOME, True),
    Told("config_awaits_restart", "Changes of the last reload that need a restart.",
         _one(lambda n: n.awaits_restart)),
)  # fmt: skip

HTTP_REQUESTS = "http_requests"


class Metrics(Collector):
    """The route, and the middleware that counts requests. ``numbers`` tells the rest."""

    def __init__(self, numbers: Callable[[], Numbers]) -> None:
        self._numbers = numbers
        self._requests: Counter[tuple[str, str]] = Counter()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        ProcessCollector("ccgateway", registry=registry)  # memory, CPU, files
        self._handle = make_aiohttp_handler(registry)

    def routes(self) -> list[Route]:
        """The route. It is not open on loopback either: behind a reverse proxy everybody comes from
        there. An AGENT's token is for an agent, so a supervisor's is the least."""
        return [
            Route(
                "GET", "/metrics", "metrics", self._answer, Role.SUPERVISOR,
                "Counters and gauges, for Prometheus.",
                refusals={HTTPStatus.FORBIDDEN: "the token has a scope"},
                extra={"responses": {"200": {
                    "description": "Prometheus' text format.",
                    "content": {"text/plain": {"schema": {"type": "string"}}},
                }}},
            ),
        ]  # fmt: skip

    def counting(self) -> Middleware:
        """The middleware that counts each request. To stand outside all others."""

        @web.middleware
        async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            name = request.match_info.route.name or NO_ROUTE
            self._requests[name, str(response.status)] += 1
            return response

        return counted

    def collect(self) -> Iterable[Metric]:
        """All of them, as prometheus-client asks for them."""
        numbers = self._numbers()
        for told in TABLE:
            yield told.family(numbers)
        requests = CounterMetricFamily(
            f"ccgateway_{HTTP_REQUESTS}", "HTTP requests.", labels=("route", "status")
        )
        for labels, count in self._requests.items():
            requests.add_metric(labels, count)
        yield requests

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if not request[WHO].scope.is_all:
            raise Forbidden(WHOLE)
        return await self._handle(request)
