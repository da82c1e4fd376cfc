"""Originate -> bytes: each value sets what it is for, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.ami.encode import headers_of, wire
from ccgateway.errors import UnsafeText
from ccgateway.telephony.actions import Originate

CLICK = Originate(
    id="ccg-1795420800.123456789",
    channel="PJSIP/101",
    context="ccg-click",
    caller_number="+358401234567",
    caller_name="Call Station 17",
    ring=20,
    variables=(("CCG_NUMBER", "+358401234567"), ("CCG_SERVICE", "hot-line")),
    headers=(("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer"),),
)


def test_the_whole_action() -> None:
    assert wire(headers_of(CLICK)).decode().splitlines() == [
        "Action: Originate",
        "ActionID: ccg-1795420800.123456789",
        "ChannelId: ccg-1795420800.123456789",
        "Channel: PJSIP/101",
        "Context: ccg-click",
        "Exten: s",
        "Priority: 1",
        'CallerID: "Call Station 17" <+358401234567>',
        "Timeout: 20000",
        "Async: true",
        "Variable: CCG_NUMBER=+358401234567",
        "Variable: CCG_SERVICE=hot-line",
        "Variable: PJSIP_HEADER(add,Alert-Info)=<http://127.0.0.1>;info=alert-autoanswer",
        "",
    ]


@pytest.mark.parametrize("value", ["a,CCG_OWN=1", 'a"b', "a\\b", "a\r\nAction: Command", "a\0"])
def test_a_value_sets_one_variable(value: str) -> None:
    for action in (
        replace(CLICK, variables=(("CCG_NUMBER", value),)),
        replace(CLICK, headers=(("Alert-Info", value),)),
    ):
        with pytest.raises(UnsafeText):
            wire(headers_of(action))


@pytest.mark.parametrize("name", ["SHELL(id)", "A,B", "A=B", "", "A B", "A\r\nB", "A)"])
def test_a_name_is_a_plain_one(name: str) -> None:
    for action in (
        replace(CLICK, variables=((name, "1"),)),
        replace(CLICK, headers=((name, "1"),)),
    ):
        with pytest.raises(UnsafeText):
            wire(headers_of(action))


@pytest.mark.parametrize("text", ['x" <1>, "y', "a<b", "a>b", "a\\", "a\r\nb"])
def test_a_caller_id_stays_within_its_quotes(text: str) -> None:
    for action in (replace(CLICK, caller_name=text), replace(CLICK, caller_number=text)):
        with pytest.raises(UnsafeText):
            wire(headers_of(action))


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_passes_has_the_lines_it_should(name: str, value: str) -> None:
    action = replace(CLICK, caller_name=name, variables=(("CCG_NUMBER", value),))
    try:
        lines = wire(headers_of(action)).decode().split("\r\n")
    except UnsafeText:
        return
    assert len(lines) == 14
    assert lines[10] == f"Variable: CCG_NUMBER={value}"
    assert "," not in value
