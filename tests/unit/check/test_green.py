"""What ``ccgateway init`` writes is judged to be in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccgateway.check.finding import Severity
from ccgateway.check.judge import ALL_CHECKS, judge, name_of, why_of
from tests.unit.check.house import House


def test_what_init_writes_is_green(house: House) -> None:
    assert house.bad() == []


def test_every_check_has_its_say_and_sees(house: House) -> None:
    findings = judge(house.system())
    assert [finding.name for finding in findings] == [name_of(check) for check in ALL_CHECKS]
    assert {finding.severity for finding in findings} == {Severity.OK}


def test_every_check_says_why() -> None:
    for check in ALL_CHECKS:
        assert len(why_of(check)) > 40, name_of(check)


def test_codecs_that_asterisk_can_translate_need_not_be_the_same(house: House) -> None:
    assert house.console
    bought = house.console.modules | {"codec_g729.so", "codec_opus_open_source.so"}
    house.console = replace(house.console, modules=bought)
    house.edit("pjsip.conf", "allow = ulaw,alaw", "allow = opus")
    assert house.bad() == []
    house.edit("pjsip.conf", "allow = opus", "allow = g729")
    assert house.bad() == []


def test_an_ami_on_this_machine_s_own_address_is_on_no_network(house: House) -> None:
    text = house.toml.read_text().replace('host = "127.0.0.1"', 'host = "192.0.2.9"')
    house.toml.write_text(text)
    house.edit("manager.conf", "bindaddr = 127.0.0.1", "bindaddr = 192.0.2.9")
    house.host = replace(house.host, addresses=frozenset({"192.0.2.9"}))
    assert house.bad() == []


def test_callers_may_come_to_the_door_by_a_way_of_his(house: House) -> None:
    house.add("extensions.conf", "[from-pstn]\nexten => _X.,1,Goto(from-trunk,${EXTEN},1)\n")
    house.edit("pjsip.conf", "= from-trunk", "= from-pstn")
    assert house.bad() == []


ALSO_RIGHT = [
    ("manager.conf", "[ccgateway](+)\ndeny = 0.0.0.0/0\npermit = 10.0.0.0/8,127.0.0.1\n"),
    ("manager.conf", "[ccgateway](+)\npermit = !0.0.0.0/0,127.0.0.0/8\n"),
    ("queues.conf", "[ccg-fallback](+)\njoinempty = true\nleavewhenempty = off\n"),
]


@pytest.mark.parametrize(("name", "text"), ALSO_RIGHT)
def test_what_is_written_otherwise_and_means_the_same_is_no_fault(
    house: House, name: str, text: str
) -> None:
    house.add(name, text)
    assert house.bad() == []
