"""The FastAGI server answers Asterisk, and nobody else, whatever the session does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import ClassVar

import pytest
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from ccgateway.agi import server as agi_server
from ccgateway.errors import PbxUnavailable
from ccgateway.rig.waiting import until
from ccgateway.routing.route import Goal, Inbound, Route
from ccgateway.telephony.ids import call_id_of
from tests.adapters.agi_asterisk import (
    DEADLINE,
    OK,
    ROUTE,
    SECRET,
    Line,
    Loop,
    Noon,
    call,
    request,
    serving,
)

USAGE = (
    "520-Invalid command syntax.  Proper usage follows:\n"
    "Usage: SET VARIABLE <variablename> <value>\n200 result=1\n\n"
    "520 End of proper usage.\n"
)


async def test_the_route_is_told_and_the_action_last() -> None:
    loop = Loop()
    async with serving(loop) as server:
        variables = await call(server)
    assert variables == {
        "CCG_CALL": str(call_id_of("pbx1", "1795327368.2")),
        "CCG_CASE": "1042",
        "CCG_DISPLAY": "#1042 Station 17",
        "CCG_SERVICE": "hotline",
        "CCG_QUEUE": "stations",
        "CCG_PRIORITY": "5",
        "CCG_LANGUAGE": "en",
        "CCG_GREETING": "ccg/hello",
        "CCG_MESSAGE": "",
        "CCG_MESSAGE_KIND": "",
        "CCG_FULL_MESSAGE": "ccg/full",
        "CCG_NOBODY_MESSAGE": "ccg/nobody",
        "CCG_OVERFLOW": "fallback",
        "CCG_WAIT_LIMIT": "300",
        "CCG_ACTION": "queue",
    }
    assert list(variables)[-1] == "CCG_ACTION"
    assert loop.calls == [
        Inbound(
            node="pbx1",
            uniqueid="1795327368.2",
            channel="PJSIP/trunk-00000002",
            did="+358942454000",
            number="+358401234567",
            name="Maija",
            withheld=False,
            at=Noon().now(),
        )
    ]
    assert (server.stats.answered, server.stats.errors) == (1, 0)
    assert 0 < server.stats.slowest <= server.stats.seconds


@pytest.mark.parametrize(
    ("headers", "number", "withheld"),
    [
        ({"agi_callerid": "unknown", "agi_calleridname": "unknown"}, "", False),
        ({"agi_callingpres": "35"}, "+358401234567", True),  # AST_PRES_PROHIB_NETWORK_NUMBER
        ({"agi_callingpres": "67", "agi_callerid": "unknown"}, "", False),  # number not available
        ({"agi_callerid": "anonymous", "agi_calleridname": "Anonymous"}, "anonymous", True),
        ({"agi_callingpres": "?"}, "+358401234567", False),
    ],
)
async def test_who_withholds_his_number(
    headers: dict[str, str], number: str, withheld: bool
) -> None:
    loop = Loop()
    async with serving(loop) as server:
        await call(server, request(headers=headers))
    assert [(c.number, c.withheld) for c in loop.calls] == [(number, withheld)]


@pytest.mark.parametrize(
    "name", ["${SHELL(touch pwned)}", "]]>", "🦊 Ünï", "a,b: c\\d \"e\" 'f'", "x" * 4096, ""]
)
async def test_a_callers_name_is_plain_text(name: str) -> None:
    loop = Loop()
    async with serving(loop) as server:
        variables = await call(server, request(headers={"agi_calleridname": name}))
    assert loop.calls[0].name == name
    assert variables["CCG_ACTION"] == "queue"


@pytest.mark.parametrize(
    "bad", ["a,b", "a\nSET VARIABLE X 1", "${X}", 'a"b', "a)b", "a\\", "x\x00", "x" * 3000]
)
async def test_of_an_unsafe_route_nothing_is_set(bad: str) -> None:
    loop = Loop(route=replace(ROUTE, queue=bad))
    with capture_logs() as logs:
        async with serving(loop) as server:
            variables = await call(server)
            loop.route = ROUTE
            assert (await call(server))["CCG_QUEUE"] == "stations"
    assert variables == {}
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_of_several_nodes_the_dialplan_names_one() -> None:
    loop = Loop()
    async with serving(loop, nodes=("north", "south")) as server:
        await call(server, request(arguments=(SECRET, "1000", "south")))
        assert [c.node for c in loop.calls] == ["south"]
        assert await call(server, request(arguments=(SECRET, "1000", ""))) == {}
        assert await call(server, request(arguments=(SECRET, "1000", "west"))) == {}
    assert len(loop.calls) == 1


@pytest.mark.parametrize(
    "said",
    [
        request(arguments=("wrong-secret", "1000")),
        request(arguments=()),
        request(arguments=(SECRET.upper(),)),
        request("nowhere"),
        request("inbound/../agent-login"),
        request("x" * 4000),
    ],
)
async def test_who_is_refused(said: bytes) -> None:
    loop = Loop()
    with capture_logs() as logs:
        async with serving(loop) as server:
            assert await call(server, said) == {}
            assert server.stats.refused == 1
    assert loop.calls == []
    assert len(logs) == 1
    assert SECRET not in str(logs)
    assert "wrong-secret" not in str(logs)
    assert len(str(logs)) < 300, "it fills no log"


async def test_other_networks_are_refused() -> None:
    async with serving(Loop(), allow="10.0.0.0/8") as server:
        assert await call(server) == {}
        assert server.stats.refused == 1


async def test_a_query_is_not_part_of_the_address() -> None:
    async with serving(Loop()) as server:
        assert "CCG_ACTION" in await call(server, request("inbound?again=1"))


@pytest.mark.parametrize("sent", [0, 1, 200, len(request()) - 1])
async def test_a_client_may_go_before_it_has_asked(sent: int) -> None:
    loop = Loop()
    async with serving(loop) as server:
        line = await Line.to(server)
        line.writer.write(request()[:sent])
        await line.close()
        assert "CCG_ACTION" in await call(server)
    assert len(loop.calls) == 1


async def test_a_client_may_go_instead_of_replying() -> None:
    async with serving(Loop()) as server:
        line = await Line.to(server)
        line.writer.write(request())
        assert await line.read()
        await line.close()
        await until(lambda: server.stats.ended, "the session ends")
        assert "CCG_ACTION" in await call(server)
        assert server.stats.errors == 0


async def test_a_caller_may_hang_up_while_we_decide() -> None:
    loop = Loop()
    loop.gate.clear()
    async with serving(loop) as server:
        line = await Line.to(server)
        line.writer.write(request())
        await until(lambda: len(loop.calls) == 1, "the loop is asked")
        await line.close()
        loop.gate.set()
        await until(lambda: server.stats.ended == 1, "the session ends")
        assert "CCG_ACTION" in await call(server)


async def test_a_hangup_line_puts_no_reply_out_of_step() -> None:
    async with serving(Loop()) as server:
        line = await Line.to(server)
        line.writer.write(request())
        assert "CCG_ACTION" in await line.obey(lambda command: "HANGUP\n" + OK)
        assert (server.stats.answered, server.stats.errors) == (1, 0)


async def test_a_dead_channel_is_not_asked_anything() -> None:
    loop = Loop()
    loop.gate.clear()
    async with serving(loop) as server:
        line = await Line.to(server)
        line.writer.write(request())
        await until(lambda: loop.calls, "the loop is asked")
        line.writer.write(b"HANGUP\n")
        await line.writer.drain()
        # Whoever comes after that line is heard after it.
        assert await call(server, request("nowhere")) == {}
        loop.gate.set()
        assert await line.obey() == {}
        assert (server.stats.ended, server.stats.errors) == (1, 0)


async def test_a_value_that_reads_hangup_is_no_hangup() -> None:
    async with serving(Loop()) as server:
        line = await Line.to(server)
        line.writer.write(request())
        await line.obey(lambda command: "200 result=0 (hangup)\n")
        assert server.stats.answered == 1


@pytest.mark.parametrize(
    ("reply", "ended", "errors"),
    [
        (USAGE, 0, 1),
        ("510 Invalid or unknown command\n", 0, 1),
        ("511 result=-1 Command Not Permitted on a dead channel or intercept routine\n", 1, 0),
        ("200 result=-1\n", 1, 0),
        ("200 result=-2\n", 0, 1),
        ("nonsense\n", 0, 1),
        ("\n", 0, 1),
        ("\x00\n", 0, 1),
        ("x" * 5000, 0, 1),
        ("520-Usage\n" + "again\n" * 200, 0, 1),
        ("510 x\n200 result=1\n200 result=1\n", 0, 1),  # more than was asked for
    ],
)
async def test_odd_replies_end_this_session_only(
    reply: str, ended: int, errors: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(Loop()) as server:
        line = await Line.to(server)
        line.writer.write(request())
        told = await line.obey(lambda command: reply)
        assert "CCG_ACTION" not in told
        await until(lambda: server.stats.ended + server.stats.errors, "the session ends")
        assert (server.stats.ended, server.stats.errors) == (ended, errors)
        assert "CCG_ACTION" in await call(server)
    assert not caplog.records, "asyncio has nothing to complain of"


async def test_a_fault_of_the_loop_is_one_sessions_alone() -> None:
    loop = Loop(fault=ZeroDivisionError())
    with capture_logs() as logs:
        async with serving(loop) as server:
            assert await call(server) == {}
            loop.fault = None
            assert "CCG_ACTION" in await call(server)
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_limits_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_server, "REQUEST_TIME", 0.05)
    monkeypatch.setattr("ccgateway.agi.session.REPLY_TIME", 0.05)
    monkeypatch.setattr(agi_server, "SESSION_TIME", 10 * DEADLINE)  # it is not what ends them
    async with serving(Loop()) as server:
        trickler = await Line.to(server)
        trickler.writer.write(request()[:100])
        assert await trickler.ended()
        assert server.stats.dropped == 1
        mute = await Line.to(server)
        mute.writer.write(request())
        assert (await mute.read()).startswith(b"EXEC MSet ")
        assert await mute.ended()
        assert server.stats.errors == 1
        await trickler.close()
        await mute.close()


async def test_a_decision_that_never_comes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_server, "SESSION_TIME", 0.05)
    loop = Loop()
    loop.gate.clear()
    async with serving(loop) as server:
        assert await call(server) == {}
        assert server.stats.errors == 1


async def test_the_oldest_idle_connection_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_server, "MAX_WAITING", 2)
    async with serving(Loop()) as server:
        first, second = await Line.to(server), await Line.to(server)
        await until(lambda: server.stats.accepted == 2, "both are in")
        assert "CCG_ACTION" in await call(server)
        assert await first.ended()
        second.writer.write(request())
        assert "CCG_ACTION" in await second.obey()
        assert server.stats.dropped == 1
        await first.close()


async def test_too_many_sessions_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_server, "MAX_SESSIONS", 1)
    loop = Loop()
    loop.gate.clear()
    async with serving(loop) as server:
        busy = await Line.to(server)
        busy.writer.write(request())
        await until(lambda: len(loop.calls) == 1, "the loop is asked")
        assert await call(server) == {}
        assert server.stats.refused == 1
        loop.gate.set()
        assert "CCG_ACTION" in await busy.obey()


async def test_stop_ends_all_sessions() -> None:
    loop = Loop()
    loop.gate.clear()
    async with serving(loop) as server:
        idle, busy = await Line.to(server), await Line.to(server)
        busy.writer.write(request())
        await until(lambda: len(loop.calls) == 1, "the loop is asked")
        async with asyncio.timeout(DEADLINE):
            await server.stop()
        assert await idle.ended()
        assert await busy.ended()
        await idle.close()
        await busy.close()


@pytest.mark.parametrize(
    ("address", "digit", "asked"),
    [
        ("agent-login", "", ("login", "anna", "", "phone")),
        ("agent-logout", "", ("logout", "anna", "", "phone")),
        ("agent-ready", "", ("ready", "anna", "", "phone")),
        ("agent-pause", "", ("pause", "anna", "break", "phone")),
        ("agent-pause", "1", ("pause", "anna", "break", "phone")),
        ("agent-pause", "2", ("pause", "anna", "lunch", "phone")),
    ],
)
async def test_feature_codes(address: str, digit: str, asked: tuple[str, str, str, str]) -> None:
    loop = Loop()
    async with serving(loop) as server:
        said = request(address, (SECRET, "PJSIP/101", digit))
        assert await call(server, said) == {"CCG_DONE": "ok"}
        loop.refused = True
        assert await call(server, said) == {"CCG_DONE": "refused"}
        loop.fault = PbxUnavailable()
        assert await call(server, said) == {}
    assert loop.asked == [asked] * 3


@pytest.mark.parametrize(
    ("address", "phone", "digit"),
    [
        ("agent-login", "PJSIP/999", ""),
        ("agent-pause", "PJSIP/999", "1"),
        ("agent-pause", "PJSIP/101", "3"),
        ("agent-pause", "PJSIP/101", "0"),
        ("agent-pause", "PJSIP/101", "x"),
        ("agent-ready", "", ""),
    ],
)
async def test_feature_codes_of_nobody(address: str, phone: str, digit: str) -> None:
    loop = Loop()
    async with serving(loop) as server:
        told = await call(server, request(address, (SECRET, phone, digit)))
    assert told == {"CCG_DONE": "refused"}
    assert loop.asked == []


async def test_a_message_route_names_file_and_kind() -> None:
    loop = Loop(route=Route(goal=Goal.MESSAGE, message="ccg/closed", message_kind="closed"))
    async with serving(loop) as server:
        told = await call(server)
    assert (told["CCG_ACTION"], told["CCG_MESSAGE"], told["CCG_MESSAGE_KIND"]) == (
        "message",
        "ccg/closed",
        "closed",
    )
    assert told["CCG_QUEUE"] == ""


async def test_what_is_logged_while_we_decide_names_call_and_node() -> None:
    class Noting(Loop):
        bound: ClassVar[list[dict[str, object]]] = []

        async def inbound(self, call: Inbound) -> Route:
            self.bound.append(get_contextvars())
            return await super().inbound(call)

    async with serving(Noting()) as server:
        await call(server)
    assert Noting.bound == [{"node": "pbx1", "call_id": str(call_id_of("pbx1", "1795327368.2"))}]
