"""The web server as a process of its own, with made-up changes at a steady rate: what the benchmark
of the live feed measures. Arguments: changes a second, seconds. It prints its port, and publishes
from the first line on its standard input."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from ccgateway.agents.agent import Agent
from ccgateway.calls.board import Ours
from ccgateway.calls.call import Call, Direction, Talk, Visit, VisitEnd
from ccgateway.engine.places import Places
from ccgateway.engine.setup import Setup
from ccgateway.engine.view import agent_view, call_view, queue_view
from ccgateway.figures.day import Day
from ccgateway.telephony.ids import call_id_of
from ccgateway.web.feed import Feed
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked

LIVE = 100  # calls, and as many agents
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
PLACES = Places(Setup(["pbx1"], [], [], frozenset(), {"pbx1": Ours(("stations",), (), {})}))


def changes() -> Iterator[dict[str, Any]]:
    """Calls, agents and queues in turn, as the engine tells them."""
    agents = [Agent(f"a{n}", f"Agent {n}", f"PJSIP/{n}", ("stations",), NOW) for n in range(LIVE)]
    for number in count():
        talk = Talk(f"a{number % LIVE}", f"2.{number % LIVE}", NOW)
        visit = Visit("stations", 0, NOW, end=VisitEnd.ANSWERED, uniqueid="1.1")
        call = Call(
            call_id_of("pbx1", f"1.{number % LIVE}"), "pbx1", NOW, Direction.INBOUND, "oilco",
            "hotline", "1000", f"+35840{number:07d}", "Anna Ahola", visits=(visit,), talks=(talk,),
        )  # fmt: skip
        yield {"type": "call", "call": call_view(call)}
        yield {"type": "agent", "agent": agent_view(agents[number % LIVE], PLACES)}
        today = {"day": "2026-11-23", "timezone": "Europe/Helsinki", **Day().view()}
        queue = queue_view("stations", {}, agents, PLACES, today)
        yield {"type": "queue", "queue": queue}


async def publish(feed: Feed, rate: float, seconds: float) -> None:
    """Each change has the time of its telling (monotonic, the machine's)."""
    loop = asyncio.get_running_loop()
    began, made = loop.time(), changes()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(began + number / rate - loop.time())
        feed.publish({**next(made), "told": time.monotonic()})


async def main(rate: float, seconds: float) -> None:
    """Serve until the standard input ends."""

    def state() -> Mapping[str, object]:
        return {"calls": [], "agents": [], "queues": [], "watchers": served.feed.watchers}

    served: Served[Unasked] = Served(Unasked(), state)
    async with served:
        print(served.server.port, flush=True)  # noqa: T201  # the parent reads it
        await asyncio.to_thread(sys.stdin.readline)
        publishing = asyncio.create_task(publish(served.feed, rate, seconds))
        await asyncio.to_thread(sys.stdin.read)
        publishing.cancel()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))
