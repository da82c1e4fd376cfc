"""Who may call whom: each rule of the gate, and what the refusal says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.agents.agent import Activity, Agent, Duty
from ccgateway.customers.customer import Customer
from ccgateway.errors import NumberRefused, Refused
from ccgateway.outbound.gate import (
    Allowed,
    Premises,
    Wanted,
    by_click,
    by_phone,
    check_customer,
)
from ccgateway.routing.service import Service
from ccgateway.routing.tier import Target

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OWN = "+358942454000"
ANNA = Agent("101", "Anna", "PJSIP/101", ("stations",), NOW, duty=Duty.READY)


def service(name: str, queue: str = "stations", **more: object) -> Service:
    plain = Service(
        id=name,
        client="oilco",
        name=name,
        dids=(),
        queue=queue,
        timezone=ZoneInfo("Europe/Helsinki"),
        country="FI",
        own_numbers=(OWN,),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # the test names its fields


def premises(*services: Service, blocked: str = "") -> Premises:
    ours = frozenset({OWN, "+358942454017", "20000"})
    return Premises(services, ours, {"oilco": frozenset({blocked})})


HOTLINE = service("hotline", outbound_prefix="10")


@pytest.mark.parametrize(
    ("dialled", "number"),
    [
        ("040 123 4567", "+358401234567"),
        ("+358 (40) 123-4567", "+358401234567"),
        ("09 4245 4900", "+358942454900"),
        ("00358401234567", "+358401234567"),
        ("020 7412 345", "+358207412345"),  # a firm's number (UAN), at the price of a local call
        ("0800 12345", "+35880012345"),  # freephone
    ],
)
def test_a_number_of_ours_country_is_called_in_e164(dialled: str, number: str) -> None:
    found = by_click(Wanted("101", dialled), ANNA, premises(HOTLINE))
    assert found == Allowed("hotline", "oilco", number, OWN)


@pytest.mark.parametrize(
    ("dialled", "says"),
    [
        ("112", "emergency"),
        (" 112 ", "emergency"),
        ("0600 12345", "premium-rate"),
        ("0700 12345", "premium-rate"),
        ("+44 70 1234 5678", "personal number"),
        ("+1 900 555 1234", "premium-rate"),
        ("+46 8 123 456 78", "is in SE"),
        ("+1 876 555 1234", "is in JM"),  # looks American, and is not: the oldest fraud
        ("+881 612345678", "no country"),  # a satellite
        ("+979 1123 4567 8", "premium-rate"),
        ("16100", "short code"),
        ("118", "short code"),
        ("101", "short code"),
        ("20000", "number of our own"),
        ("09 4245 4000", "number of our own"),
        ("+358942454017", "number of our own"),
        ("+358112", "no telephone number"),
        ("+112", "no telephone number"),
        ("+49 900 123456", "no number of any"),
        ("+999 12345678", "no telephone number"),
        ("anonymous", "no telephone number"),
        ("", "no telephone number"),
        ("040 123 4567\r\nAction: Command", "no telephone number"),
        ("0401234567,CCG_OWN=+358600123", "no telephone number"),
        ("${SHELL(id)}", "no telephone number"),
        ("\u0664\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "no telephone number"),
        ("1" * 500, "no telephone number"),
        ("+358405550000", "blocked"),
        ("040 555 0001", "blocked"),
        ("0100 100", "blocked"),  # a dear service number of a kind (UAN) that is not dear as such
        ("+358 200 12345", "blocked"),
    ],
)
def test_a_destination_that_is_refused_says_why(dialled: str, says: str) -> None:
    refusing = replace(HOTLINE, blocked=frozenset({"+358405550001", "+358100*", "+358200*"}))
    with pytest.raises(Refused, match=says):
        by_click(Wanted("101", dialled), ANNA, premises(refusing, blocked="+358405550000"))


@pytest.mark.parametrize(
    ("rules", "dialled"),
    [
        ({"allow_premium": True}, "0600 12345"),
        ({"countries": ("FI", "SE")}, "+46 8 123 456 78"),
        ({"countries": ("*",)}, "+1 876 555 1234"),
        ({"countries": ("*",), "allow_premium": True}, "+1 900 555 1234"),
    ],
)
def test_a_service_may_allow_more(rules: dict[str, object], dialled: str) -> None:
    assert by_click(Wanted("101", dialled), ANNA, premises(replace(HOTLINE, **rules)))  # type: ignore[arg-type]  # the table names its fields


@pytest.mark.parametrize("country", ["FI", "US", "GB", "DE", "SE"])
@pytest.mark.parametrize("dialled", ["112", "911", "999", "000", "110"])
def test_no_rule_lets_an_emergency_number_through(country: str, dialled: str) -> None:
    open_to_all = replace(HOTLINE, country=country, countries=("*",), allow_premium=True)
    with pytest.raises(Refused):
        by_click(Wanted("101", dialled), ANNA, premises(open_to_all))


@given(st.text(max_size=60))
def test_whatever_is_asked_for_only_a_number_comes_out(dialled: str) -> None:
    try:
        found = by_click(Wanted("101", dialled), ANNA, premises(HOTLINE))
    except Refused:
        return
    assert found.number.startswith("+358")
    assert found.number[1:].isascii()
    assert found.number[1:].isdigit()


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        (replace(ANNA, duty=Duty.OFF), "not logged in"),
        (replace(ANNA, activity=Activity.TALKING), "is talking"),
        (replace(ANNA, activity=Activity.RINGING), "is ringing"),
    ],
)
def test_an_agent_who_cannot_call(agent: Agent, says: str) -> None:
    with pytest.raises(Refused, match=says):
        by_click(Wanted("101", "0401234567"), agent, premises(HOTLINE))


def test_who_takes_a_break_may_call() -> None:
    paused = replace(ANNA, duty=Duty.PAUSED)
    assert by_click(Wanted("101", "0401234567"), paused, premises(HOTLINE))


MUTE = service("mute", own_numbers=())
TILLS = service("tills", "second-tills")
TARGET = Target("tills", 3, 2, queue="stations")


@pytest.mark.parametrize(
    ("services", "asked", "chosen"),
    [
        ((HOTLINE, TILLS), "", "hotline"),  # the only one of the agent's queues
        ((HOTLINE, MUTE), "", "hotline"),  # the only one that has a number to call with
        ((HOTLINE, service("office")), "office", "office"),
        ((replace(TILLS, targets=(TARGET,)),), "", "tills"),  # of its second line
    ],
)
def test_which_service_calls(services: tuple[Service, ...], asked: str, chosen: str) -> None:
    found = by_click(Wanted("101", "0401234567", asked), ANNA, premises(*services))
    assert found.service == chosen


@pytest.mark.parametrize(
    ("services", "asked", "says"),
    [
        ((HOTLINE, service("office")), "", "hotline, office"),
        ((MUTE,), "", "own_numbers"),
        ((MUTE,), "mute", "own_numbers"),
        ((HOTLINE,), "nowhere", "hotline"),
        ((HOTLINE, TILLS), "tills", "theirs: hotline"),
        ((), "", "no service"),
    ],
)
def test_no_service_to_call_for(services: tuple[Service, ...], asked: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        by_click(Wanted("101", "0401234567", asked), ANNA, premises(*services))


SECOND = "+358942454001"


@pytest.mark.parametrize(
    ("show", "shown"),
    [("", OWN), (OWN, OWN), (SECOND, SECOND), ("09 4245 4001", SECOND)],
)
def test_the_caller_id_is_one_of_the_service_s_own(show: str, shown: str) -> None:
    place = premises(service("hotline", own_numbers=(OWN, SECOND)))
    assert by_click(Wanted("101", "040 123 4567", show=show), ANNA, place).caller_id == shown


@pytest.mark.parametrize("show", ["+358942459999", "112", "anonymous", "\r\nX: y"])
def test_no_other_caller_id_is_shown(show: str) -> None:
    place = premises(service("hotline", own_numbers=(OWN, SECOND)))
    with pytest.raises(Refused, match=r"it can show \+358942454000, \+358942454001"):
        by_click(Wanted("101", "040 123 4567", show=show), ANNA, place)


def test_a_refusal_has_a_reason_without_the_number_for_the_log() -> None:
    refusing = replace(HOTLINE, blocked=frozenset({"+358405550001"}))
    for dialled in (
        "040 555 0001",
        "0600 12345",
        "+46 8 123 456 78",
        "16100",
        "+49 900 123456",
        OWN,
    ):
        with pytest.raises(NumberRefused) as refusal:
            by_click(Wanted("101", dialled), ANNA, premises(refusing))
        number, _, why = str(refusal.value).partition(" ")
        assert number.lstrip("+").isdigit()
        assert refusal.value.why == why
        assert number not in why


def test_a_blocked_customer_is_not_called() -> None:
    station = Customer(7, "oilco", "+358401234567", "Station 17")
    check_customer(None)
    check_customer(station)
    with pytest.raises(Refused, match="blocked"):
        check_customer(replace(station, blocked=True))


class TestFromThePhone:
    """``*5``, a prefix, a number: a person dials."""

    def test_the_prefix_chooses_the_service(self) -> None:
        off = replace(ANNA, duty=Duty.OFF)  # at their own phone nobody has to be logged in
        found = by_phone("10", "0401234567", off, premises(HOTLINE))
        assert found == Allowed("hotline", "oilco", "+358401234567", OWN)

    @pytest.mark.parametrize(
        ("prefix", "agent", "own"), [("10", ANNA, OWN), ("99", ANNA, ""), ("10", None, OWN)]
    )
    def test_help_is_never_refused(self, prefix: str, agent: Agent | None, own: str) -> None:
        found = by_phone(prefix, "112", agent, premises(HOTLINE))
        assert (found.number, found.caller_id) == ("112", own)

    @pytest.mark.parametrize(
        ("country", "dialled"),
        [
            ("FI", "112"),
            ("FI", "1-1-2"),
            ("DE", "110"),
            ("US", "911"),
            ("AU", "000"),
            ("GB", "999"),
        ],
    )
    def test_help_of_each_country_in_digits(self, country: str, dialled: str) -> None:
        abroad = replace(HOTLINE, country=country)
        found = by_phone("10", dialled, None, premises(abroad))
        assert found.number == dialled.replace("-", "")

    @pytest.mark.parametrize(
        ("country", "dialled"),
        [
            ("FI", "112070012345"),
            ("FI", "1120600123"),
            ("FI", "+112"),
            ("FI", "1120"),
            ("DE", "11012345"),
            ("US", "911900555"),
            ("US", "9119005551234"),
            ("AU", "000800123"),
        ],
    )
    @pytest.mark.parametrize("agent", [ANNA, None])
    def test_what_only_begins_like_help_passes_the_gate_as_all_do(
        self, country: str, dialled: str, agent: Agent | None
    ) -> None:
        abroad = replace(HOTLINE, country=country)
        with pytest.raises(Refused):
            by_phone("10", dialled, agent, premises(abroad))

    @pytest.mark.parametrize(
        ("prefix", "dialled", "agent", "says"),
        [
            ("10", "0401234567", None, "no agent's"),
            ("11", "0401234567", ANNA, "outbound_prefix"),
            ("", "0401234567", ANNA, "outbound_prefix"),
            ("10", "0600 12345", ANNA, "premium"),
            ("10", "0401234567", replace(ANNA, queues=("pumps",)), "in no queue"),
        ],
    )
    def test_the_service_s_rules_hold(
        self, prefix: str, dialled: str, agent: Agent | None, says: str
    ) -> None:
        with pytest.raises(Refused, match=says):
            by_phone(prefix, dialled, agent, premises(HOTLINE, service("plain")))
