"""A run: the world, the load, the faults, and the verdict."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from ccgateway.errors import CcgError
from ccgateway.rig import messages, record, truth
from ccgateway.rig.chaos import evidence, gaps, witness
from ccgateway.rig.chaos.conductor import Conductor
from ccgateway.rig.chaos.doubles import doubles
from ccgateway.rig.chaos.gauge import Gauge
from ccgateway.rig.chaos.house import House
from ccgateway.rig.chaos.keeper import Keeper
from ccgateway.rig.chaos.load import load, slices
from ccgateway.rig.chaos.report import Result
from ccgateway.rig.chaos.rest import at_rest
from ccgateway.rig.chaos.schedule import LEAST_ROUNDS, Due, Kind, once, schedule
from ccgateway.rig.chaos.verdict import Verdict, Window, judge
from ccgateway.rig.compare import Asked, Comparison, compare
from ccgateway.rig.demo import cancelled_by_sigterm
from ccgateway.rig.hotline import DOORS
from ccgateway.rig.plan import Planned
from ccgateway.rig.progress import Progress
from ccgateway.rig.sipp import Sipp
from ccgateway.rig.truth import TruthCall

RATE = 11.5  # calls a second; some are the second call of an act, and fall out of the time
SLICE_S = 15.0  # one process of SIPp places the calls of this time
CALL_AT_MOST_S = 75.0  # a message that nobody ends, and some
PROGRESS_S = 10.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to be. ``kinds``: which faults; ``rate``: SIPp's calls a second; ``outage``: in
    place of all faults PostgreSQL is away once, for so many seconds; ``away``: the same with the
    gateway; ``keep``: a folder for logs, journals and wrong calls."""

    seconds: float = 180.0
    seed: int = 1
    rate: float = RATE
    kinds: tuple[Kind, ...] = tuple(Kind)
    plot: Path | None = None
    outage: float | None = None
    away: float | None = None
    keep: Path | None = None

    @property
    def due(self) -> tuple[Due, ...]:
        """Its faults."""
        if self.outage:
            return once(Kind.IMMEDIATE, self.outage)
        if self.away:
            return once(Kind.KILLED, self.away)
        return schedule(self.seconds, self.seed, self.kinds)


async def run(wanted: Wanted, tell: Tell) -> Result:
    """Play it. Raises CcgError where the world itself cannot be set up; Terminated at SIGTERM, when
    nothing is left running."""
    with cancelled_by_sigterm():
        return await _run(wanted, tell)


async def _run(wanted: Wanted, tell: Tell) -> Result:
    due = wanted.due
    kinds = {one.kind for one in due}
    made = House(_steps(tell), clock=Kind.CLOCK in kinds, small_disk=Kind.DISK in kinds)
    async with made as house, _kept(wanted, house, tell):
        async with Gauge(house.gateway) as gauge, Keeper(house) as keeper:
            conductor = Conductor(house, gauge, tell)
            began = datetime.now(UTC)
            faults = await _play(wanted, due, house, conductor, tell)
            tell("all calls are over; waiting until the record is at rest")
            busy = await at_rest(gauge)
            metrics = await gauge.read()
            ghosts = await _live(house) if busy.get("calls_live", 0) > 0 else []
        if wanted.plot:
            from ccgateway.rig.chaos import plot  # noqa: PLC0415 - its library is a developer's alone

            title = f"Chaos, {wanted.seconds / 60:g} minutes, seed {wanted.seed}"
            wanted.plot.write_text(plot.svg(gauge.samples, conductor.injected, title), "utf-8")
        tell("comparing call by call")
        verdict = await _judged(wanted, house, conductor, began)
        return Result(
            seed=wanted.seed,
            seconds=wanted.seconds,
            rate=verdict.calls / wanted.seconds,
            verdict=verdict,
            injected=conductor.injected,
            left_out={kind: "not wanted" for kind in Kind if kind not in kinds},
            busy=busy,
            metrics=metrics,
            least=1 if wanted.outage or wanted.away else LEAST_ROUNDS,
            died=keeper.died,
            gaps=await gaps.told(house) if wanted.away else [],
            remarks=[*ghosts, *faults, *house.crew.faults],
        )


async def _live(house: House) -> list[str]:
    """The calls that the gateway still takes for live."""
    try:
        async with house.gateway.client() as client:
            calls = (await client.state())["calls"]
    except CcgError as error:
        return [f"what is live cannot be told: {error}"]
    return [f"still live: {orjson.dumps(call).decode()}" for call in calls]


@asynccontextmanager
async def _kept(wanted: Wanted, house: House, tell: Tell) -> AsyncIterator[None]:
    """What the world wrote is kept where that is wanted, and of a run that breaks in any case."""
    folder = wanted.keep
    try:
        yield
    except CcgError:
        folder = folder or Path(tempfile.mkdtemp(prefix="ccgateway-chaos-"))
        tell(f"the run broke; its logs are in {folder}")
        raise
    finally:
        if folder:
            evidence.keep_logs(house, folder)


async def _judged(wanted: Wanted, house: House, conductor: Conductor, began: datetime) -> Verdict:
    """Every call, with what was broken meanwhile."""
    windows = [
        (began + timedelta(seconds=one.began), began + timedelta(seconds=one.ended))
        for one in conductor.injected
        if one.kind.felt
    ]
    found = await _compared(house)
    verdict = judge(
        found,
        DOORS,
        witness.read(house.journals),
        away=house.away,
        broken=_joined(windows),
        twice=await doubles(house.postgres.dsn),
    )
    if wanted.keep:
        evidence.keep_wrong(found, verdict, wanted.keep)
    return verdict


async def _play(
    wanted: Wanted, due: Sequence[Due], house: House, conductor: Conductor, tell: Tell
) -> list[str]:
    """Load and faults, to the last call's end. Returns what went wrong with the load itself."""
    planned = load(wanted.seconds, wanted.rate, wanted.seed)
    tell(f"{len(planned)} calls and {len(due)} faults in {wanted.seconds:g} s")
    shown = asyncio.create_task(_progress(conductor, len(due), tell))
    try:
        _, faults = await asyncio.gather(conductor.play(due), _place(house, planned))
        await house.crew.finished()
    finally:
        shown.cancel()
        await asyncio.gather(shown, return_exceptions=True)
    return faults


async def _place(house: House, planned: Sequence[Planned]) -> list[str]:
    """Place all calls at their times, and wait for the end of SIPp's. One that does not come to an
    end is ended: its Asterisk said that it tries (100), and was restarted."""
    clock = asyncio.get_running_loop().time
    began = clock()
    started: list[tuple[float, Sipp]] = []
    for at, calls in slices(planned, SLICE_S):
        await asyncio.sleep(max(0.0, began + at - clock()))
        sipp = house.place(calls)
        started += [(began + at + SLICE_S + CALL_AT_MOST_S, sipp)] if sipp else []
    faults = []
    for end, sipp in started:
        try:
            if await sipp.finished(max(0.0, end - clock())):
                faults.append(f"SIPp {sipp.name}: a call did not go as its scenario says")
        except CcgError as error:
            faults.append(str(error))
            sipp.stop()
    return faults


async def _progress(conductor: Conductor, due: int, tell: Tell) -> None:
    while True:
        await asyncio.sleep(PROGRESS_S)
        tell(conductor.standing(due))


async def _compared(house: House) -> Comparison:
    """As ``World.compared``, but for many thousands of calls: logs are read one by one."""
    placed: list[TruthCall] = []
    for sipp in house.sipps.callers:
        placed += truth.placed(messages.read(sipp.messages))
    rings = [
        ring for sipp in house.sipps.phones for ring in truth.rung(messages.read(sipp.messages))
    ]
    asked = [Asked(caller.number, caller.did) for caller in house.sipps.asked()]
    calls = [*truth.joined(placed, rings), *house.crew.truth()]
    found = await record.read(house.postgres.dsn)
    attempts = await record.attempts_of(house.postgres.dsn, found)
    compared = compare(calls, found, DOORS, [*asked, *house.crew.asked()], attempts)
    return replace(compared, faults=())


def _joined(windows: Sequence[Window]) -> list[Window]:
    """Windows that overlap are one."""
    found: list[Window] = []
    for since, until in sorted(windows):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def _steps(tell: Tell) -> Progress:
    def begins(step: str, seconds: float) -> None:
        tell(f"{step} (about {seconds:g} s)")

    return begins
