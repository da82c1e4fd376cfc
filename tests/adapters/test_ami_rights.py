"""The secret and the rights of our AMI user: what is wrong is said, with the line to write."""

from __future__ import annotations

from dataclasses import replace

from structlog.testing import capture_logs

from ccgateway.rig.fake_pbx import FakePbx, block, refusal
from ccgateway.telephony.actions import AddMember
from tests.adapters.ami_bench import (
    FAST,
    SECRET,
    OurClient,
    eventually,
    running,
)


async def test_a_wrong_secret_is_told_clearly_and_not_shown(pbx: FakePbx) -> None:
    client = OurClient(pbx.port, knows=False)
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(lambda: logs)
    (log,) = logs
    assert log["event"] == "ami_login_refused"
    assert log["log_level"] == "error"
    assert "Authentication failed" in log["answer"]
    assert "[ccgateway] in manager.conf" in log["advice"]
    assert log["retry_in"] == FAST.secret_retry
    assert "wrong" not in str(log).replace("wrong secret", "")
    assert client.inbox.arrivals == []


async def test_a_corrected_secret_is_found_by_the_slow_retry(pbx: FakePbx) -> None:
    client = OurClient(pbx.port, replace(FAST, secret_retry=0.2), knows=False)
    async with running(client.link):
        await pbx.until(lambda: len(pbx.actions("Login")) == 1)
        pbx.accept("ccgateway", "wrong")
        assert await eventually(client.up)


async def test_the_secret_is_in_no_log(pbx: FakePbx) -> None:
    client = OurClient(pbx.port)
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(client.up)
            pbx.drop()
            assert await eventually(lambda: pbx.connections == 2)
    assert SECRET not in str(logs)


async def test_without_fullybooted_the_missing_right_is_named(pbx: FakePbx) -> None:
    pbx.says_booted = False
    client = OurClient(pbx.port, replace(FAST, booted=0.1))
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(client.up)
            assert client.link.missing_rights == ["read system"]
            (log,) = [log for log in logs if log["event"] == "ami_right_missing"]
            assert "FullyBooted" in log["because"]
            assert (
                "section [ccgateway]: read = system,call,agent,user,reporting,dtmf,cdr"
                in (log["advice"])
            )
            # It was only slow to start: then all is well, and what it has loaded is asked again.
            pbx.say(("Event", "FullyBooted"), ("Privilege", "system,all"))
            assert await eventually(lambda: len(client.inbox.snapshots) == 2)
            assert client.link.missing_rights == []


async def test_missing_rights_of_write_are_named_with_the_line(pbx: FakePbx) -> None:
    pbx.answers["ListCommands"] = lambda asked: block(
        ("Response", "Success"),
        ("ActionID", asked["ActionID"]),
        ("Ping", "Keepalive command  (Priv: <none>)"),
        ("Setvar", "Sets a channel variable  (Priv: call,all)"),
    )
    pbx.answers["CoreShowChannels"] = refusal("Permission denied")
    client = OurClient(pbx.port)
    wanted = ["write agent", "write originate", "write reporting"]
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(lambda: client.link.missing_rights == wanted)
    assert any(
        "section [ccgateway]: write = call,agent,originate,reporting" in log["advice"]
        for log in logs
        if log["event"] == "ami_right_missing"
    )
    # An empty snapshot would say that all calls have ended.
    assert client.inbox.snapshots == []
    assert pbx.actions("Originate") == []


async def test_a_missing_right_to_hear_of_calls_is_found(pbx: FakePbx) -> None:
    pbx.answers["Originate"] = lambda asked: block(
        ("Response", "Success"), ("ActionID", asked["ActionID"])
    )
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(lambda: client.link.missing_rights == ["read call"])
    # The probe cannot ring anywhere: there is no such technology.
    assert {asked["Channel"] for asked in pbx.actions("Originate")} == {"CCG/rights-probe"}


async def test_a_missing_right_to_hear_of_agents_is_found(ours: OurClient, pbx: FakePbx) -> None:
    pbx.answers["QueueAdd"] = lambda asked: block(
        ("Response", "Success"), ("ActionID", asked["ActionID"])
    )
    await ours.link.act(AddMember("stations", "PJSIP/101", "101"))
    assert await eventually(lambda: ours.link.missing_rights == ["read agent"])


async def test_a_missing_right_to_hear_our_dialplan_is_found(ours: OurClient, pbx: FakePbx) -> None:
    def hangup(context: str, channel: str = "PJSIP/trunk-1", born: str = "9999999999.1") -> None:
        pbx.say(
            ("Event", "Hangup"),
            ("Privilege", "call,all"),
            ("Uniqueid", born),
            ("Channel", channel),
            ("Context", context),
        )

    pbx.say(("Event", "Newstate"), ("Timestamp", "1795327000.0"), ("Uniqueid", "1.1"))
    hangup("ccg-queue", born="1700000000.1")  # he said CCGInbound before we came
    hangup("from-phones")
    for codes in ("ccg-agent-codes", "ccg-agent", "ccg-agent-told", "ccg-lines", "ccg-click"):
        hangup(codes, "PJSIP/101-1")  # an agent's own, who passed no door: *11, to begin with
    hangup("ccg-phones", "Local/101@ccg-phones-0001;2")
    assert await eventually(lambda: len(ours.inbox.facts) == 8)
    assert ours.link.missing_rights == []
    hangup("ccg-queue")
    assert await eventually(lambda: ours.link.missing_rights == ["read user"])


async def test_with_all_rights_nothing_is_missing(ours: OurClient, pbx: FakePbx) -> None:
    with capture_logs() as logs:
        await ours.link.act(AddMember("stations", "PJSIP/101", "101"))
        pbx.say(("Event", "UserEvent"), ("Privilege", "user,all"), ("UserEvent", "CCGInbound"))
        # The proofs are due after FAST.proof; three pings later they are all in.
        pings = len(pbx.actions("Ping"))
        await pbx.until(lambda: len(pbx.actions("Ping")) > pings + 3)
    assert ours.link.missing_rights == []
    assert logs == []


async def test_rights_that_were_given_are_no_longer_missed_after_a_reconnect(pbx: FakePbx) -> None:
    pbx.answers["CoreShowChannels"] = refusal("Permission denied")
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(lambda: client.link.missing_rights == ["write reporting"])
        del pbx.answers["CoreShowChannels"]
        pbx.drop()
        assert await eventually(client.up)
        assert client.link.missing_rights == []


async def test_a_proof_that_a_lost_connection_owed_is_not_asked_of_the_next(
    ours: OurClient, pbx: FakePbx
) -> None:
    pbx.answers["QueueAdd"] = lambda asked: block(
        ("Response", "Success"), ("ActionID", asked["ActionID"])
    )
    await ours.link.act(AddMember("stations", "PJSIP/101", "101"))
    pbx.drop()
    assert await eventually(lambda: len(ours.inbox.snapshots) == 2)
    pings = len(pbx.actions("Ping"))
    await pbx.until(lambda: len(pbx.actions("Ping")) > pings + 3)  # over FAST.proof
    assert ours.link.missing_rights == []


async def test_a_snapshot_that_is_refused_for_another_reason_is_no_missing_right(
    pbx: FakePbx,
) -> None:
    pbx.answers["QueueStatus"] = refusal("Invalid/unknown command: QueueStatus")
    client = OurClient(pbx.port)
    with capture_logs() as logs:
        async with running(client.link):
            assert await eventually(lambda: logs[1:])
            assert client.link.connected
    assert [log["because"] for log in logs if log["event"] == "ami_snapshot_refused"] == [
        "Asterisk refused QueueStatus: Invalid/unknown command: QueueStatus"
    ]
    assert client.link.missing_rights == []
