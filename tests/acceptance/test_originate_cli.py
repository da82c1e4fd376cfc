"""``ccgateway originate``, and the prefix that agents dial at their phones."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from ccgateway.calls.call import Call, Direction
from ccgateway.rig import record
from ccgateway.rig.errors import RigError
from ccgateway.rig.installs import Install
from ccgateway.rig.phone.manner import BUSY, RINGS, answers
from ccgateway.rig.waiting import until
from tests.acceptance.cli import run
from tests.acceptance.test_originate import KAISA, NUMBER, OWN, Bench, bench_of

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

CLICK = ("originate", "--agent", str(KAISA), "--to", "040 123 4567")
WITHIN = 90.0  # seconds; on a busy machine Python alone takes ten to start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(install: Install) -> AsyncIterator[Bench]:
    """One for all."""
    async with bench_of(KAISA) as bench:
        yield bench


@pytest_asyncio.fixture(loop_scope="module")
async def bench(house: Bench) -> AsyncIterator[Bench]:
    """After the test nobody talks, and Kaisa is ready."""
    yield house
    kaisa = house.phones[KAISA]
    kaisa.manner = RINGS
    for call in kaisa.calls:
        await call.hang_up()
    for number in [*house.outside._phones]:  # noqa: SLF001 - whoever was rung
        house.outside.forget(number)

    async def over() -> bool:
        async with house.world.gateway.client() as client:
            state = await client.state()
        [agent] = [agent for agent in state["agents"] if agent["id"] == str(KAISA)]
        return not state["calls"] and agent["state"] == "ready"

    await until(over, "all is over")
    with suppress(RigError):
        while True:  # what the test did not ask for, the next one is not to be told
            await kaisa.rings(within=0)


class Command:
    """A command that runs beside the phones."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def of(cls, bench: Bench, *words: str) -> Command:
        config = str(bench.world.gateway.config)
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ccgateway", *words, "--config", config),
                stdout=pipe,
                stderr=pipe,
            )
        )

    async def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        async with asyncio.timeout(WITHIN):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def ended(self) -> tuple[int | None, list[str], str]:
        """Exit code, the other lines, and what it said on stderr."""
        async with asyncio.timeout(WITHIN):
            out, err = await self.process.communicate()
        return self.process.returncode, out.decode().splitlines(), err.decode()


async def test_it_tells_each_step(bench: Bench) -> None:
    command = await Command.of(bench, *CLICK, "--service", "lines")
    first = await command.line()
    assert first.startswith("ccg-")
    assert first.endswith(f": {NUMBER} for agent {KAISA}, lines")
    inside = await bench.phones[KAISA].rings()
    assert await command.line() == f"ringing agent {KAISA}"
    await inside.answer()
    assert await command.line() == f"agent {KAISA} answered"
    outside = await bench.outside.phone(NUMBER).rings()
    assert await command.line() == f"ringing {NUMBER}"
    await outside.answer()
    assert await command.line() == f"{NUMBER} answered"
    await inside.hang_up()
    code, lines, _ = await command.ended()
    assert (code, lines) == (0, ["ended: they talked (Q.850 16 normal clearing)"])


async def test_why_it_ended(bench: Bench) -> None:
    bench.phones[KAISA].manner = answers()
    bench.outside.phone(NUMBER).manner = BUSY
    code, lines, _ = await (await Command.of(bench, *CLICK)).ended()
    assert code == 0
    assert lines[-1] == "ended: the number is busy (Q.850 17 user busy, SIP 486 Busy Here)"


async def test_for_programs(bench: Bench) -> None:
    bench.phones[KAISA].manner = BUSY
    code, lines, _ = await (await Command.of(bench, *CLICK, "--json")).ended()
    told = [json.loads(line) for line in lines]
    assert (code, told[-1]["end"], told[-1]["by"]) == (0, "agent_busy", "cli")
    assert {attempt["id"] for attempt in told} == {told[0]["id"]}


async def test_without_waiting(bench: Bench) -> None:
    code, lines, _ = await (await Command.of(bench, *CLICK, "--no-wait", "--json")).ended()
    [attempt] = map(json.loads, lines)
    assert (code, attempt["stage"] in {"sent", "ringing_agent"}) == (0, True)
    await (await bench.phones[KAISA].rings()).refuse()
    assert (await bench.ended(attempt["id"]))["end"] == "agent_busy"


async def test_ctrl_c_leaves_the_call_alone(bench: Bench) -> None:
    command = await Command.of(bench, *CLICK)
    attempt_id = (await command.line()).partition(":")[0]
    inside = await bench.phones[KAISA].rings()
    command.process.send_signal(signal.SIGINT)
    code, _, err = await command.ended()
    assert (code, err.strip()) == (130, f"the call goes on: {attempt_id}")
    await inside.answer()
    await (await bench.outside.phone(NUMBER).rings()).answer()
    await bench.is_at(attempt_id, "answered")


async def test_the_house_s_exit_codes(install: Install) -> None:
    async with bench_of(KAISA) as bench:
        await _exit_codes(bench)


async def _exit_codes(bench: Bench) -> None:
    config = bench.world.gateway.config
    premium = run(config, "originate", "--agent", str(KAISA), "--to", "0600 12345")
    assert (premium.returncode, "premium" in premium.stderr) == (3, True)
    nobody = run(config, "originate", "--agent", "999", "--to", NUMBER)
    assert (nobody.returncode, "no agent '999'" in nobody.stderr) == (3, True)
    bench.world.asterisk.stop()
    await until(lambda: "ami_link_down" in bench.world.gateway.log.read_text(), "the link is down")
    unsent = run(config, *CLICK)
    assert (unsent.returncode, "down" in unsent.stderr) == (4, True)
    bench.world.gateway.stop()
    away = run(config, *CLICK)
    assert (away.returncode, "is it running?" in away.stderr) == (4, True)


class TestPrefix:
    """``*5``, the service's two digits, and a number."""

    async def test_a_call_for_the_service(self, bench: Bench) -> None:
        kaisa, customer = bench.phones[KAISA], bench.outside.phone(NUMBER)
        inside = await kaisa.dial("*5100401234567")
        outside = await customer.rings()
        assert outside.display.number == OWN
        await outside.answer()
        await inside.answered()
        await inside.hears_only(customer)
        await inside.hang_up()
        await outside.over()

        async def calls() -> list[Call]:
            stored = await record.read(bench.world.postgres.dsn)
            return [call for call in stored if call.ended_at and not call.attempt and call.talks]

        [call] = await until(calls, "the one that nobody clicked for is in the record")
        assert (call.service, call.direction) == ("lines", Direction.OUTBOUND)
        assert [talk.agent for talk in call.talks] == [str(KAISA)]

    async def test_the_rules_of_the_service(self, bench: Bench) -> None:
        inside = await bench.phones[KAISA].dial("*510060012345")
        await inside.over(within=15)
        numbers = [call for p in bench.outside._phones.values() for call in p.calls]  # noqa: SLF001 - whoever was rung
        assert numbers == []

    async def test_help_is_always_reached(self, bench: Bench) -> None:
        await bench.phones[KAISA].dial("*510112")
        assert (await bench.outside.phone("112").rings()).display.number == OWN
