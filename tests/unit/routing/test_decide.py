"""Where a caller goes, by table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from ccgateway.customers.customer import Customer
from ccgateway.routing.blocked import blocks
from ccgateway.routing.decide import Known, route, service_of
from ccgateway.routing.hours import is_open
from ccgateway.routing.route import Goal, Inbound
from ccgateway.routing.service import Service
from ccgateway.routing.tier import Target
from ccgateway.routing.week import Hours

WEEKDAYS = frozenset(range(5))
MONDAY_TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 10:00 in Helsinki
HOTLINE = Service(
    id="hotline",
    client="oilco",
    name="Station hot line",
    dids=("+358942454000", "1000"),
    queue="stations",
    timezone=ZoneInfo("Europe/Helsinki"),
    country="FI",
    hours=(Hours(WEEKDAYS, time(8), time(16)), Hours(frozenset({5}), time(20), time(0))),
    holidays={date(2026, 12, 25): "Christmas Day"},
    blocked=frozenset({"+358401112223"}),
)
CALL = Inbound(
    node="pbx1",
    uniqueid="1795334400.1",
    channel="PJSIP/trunk-1",
    did="1000",
    number="040 123 4567",
    name="",
    withheld=False,
    at=MONDAY_TEN,
)
STATION = Customer(
    id=17, client="oilco", number="+358401234567", name="Station 17", language="sv", priority=5
)


@pytest.mark.parametrize(
    ("did", "found"),
    [
        ("1000", "hotline"),
        ("+358942454000", "hotline"),
        ("0942454000", "hotline"),
        ("00358942454000", "hotline"),
        ("1001", None),
        ("", None),
        ("${SHELL(id)}", None),
    ],
)
def test_a_did_is_found_in_whatever_form_the_pbx_gives_it(did: str, found: str | None) -> None:
    service = service_of([HOTLINE], did)
    assert (service.id if service else None) == found


def test_a_welcome_call_goes_to_the_services_queue_with_reasons() -> None:
    found = route(CALL, HOTLINE, Known(staffed={"stations"}), MONDAY_TEN)
    assert (found.goal, found.queue, found.number) == (Goal.QUEUE, "stations", "+358401234567")
    rules = [reason.rule for reason in found.reasons]
    assert rules == ["did", "caller", "hours", "queue"]
    assert found.reasons[-1].verdict == "somebody is logged in"


def test_no_reason_tells_a_callers_number() -> None:
    """Reasons are kept with the facts, where no personal value may stand."""
    known = Known(customer=replace(STATION, blocked=True))
    for call in (CALL, replace(CALL, number="+358401112223")):
        for what in (known, Known()):
            said = str(route(call, HOTLINE, what, MONDAY_TEN).reasons)
            assert "401234567" not in said
            assert "401112223" not in said


@pytest.mark.parametrize(
    ("change", "known", "message", "rule"),
    [
        ({"number": "+358401112223"}, Known(), "blocked", "blocked"),
        ({}, Known(blocked={"+358401234567"}), "blocked", "blocked"),
        ({}, Known(blocked={"+358401*"}), "blocked", "blocked"),
        ({}, Known(customer=replace(STATION, blocked=True)), "blocked", "blocked"),
    ],
)
def test_a_blocked_caller_gets_the_message(
    change: dict[str, str], known: Known, message: str, rule: str
) -> None:
    found = route(replace(CALL, **change), HOTLINE, known, MONDAY_TEN)  # type: ignore[arg-type]  # names of Inbound
    assert (found.goal, found.message_kind) == (Goal.MESSAGE, message)
    assert (found.message, found.queue) == ("ccg/blocked", "")
    assert found.reasons[-1].rule == rule


@pytest.mark.parametrize(
    ("blocked", "number", "is_blocked"),
    [
        ("+358100*", "+35810012345", True),
        ("+358100*", "+358100", True),
        ("+358100*", "+35810", False),
        ("+358100*", "+358101000000", False),
        ("+3*", "+35810012345", True),
        ("+358100", "+35810012345", False),
        ("+358100", "+358100", True),
    ],
)
def test_a_prefix_blocks_all_that_begin_so(blocked: str, number: str, is_blocked: bool) -> None:
    assert blocks(frozenset({"+4612345", blocked}), number) == is_blocked


@pytest.mark.parametrize(
    ("overflow", "told"), [("message", "message"), ("fallback", "fallback"), ("pumps", "2")]
)
def test_first_line_may_overflow_into_a_target(overflow: str, told: str) -> None:
    targets = (Target("tills", 3, queue="tills", tier=2), Target("pumps", 2, queue="x", tier=2))
    service = replace(HOTLINE, overflow=overflow, targets=targets)
    assert route(CALL, service, Known(), MONDAY_TEN).overflow == told


def test_a_withheld_number_is_anonymous_whatever_the_network_says() -> None:
    withheld = replace(CALL, withheld=True, number="+358401112223")
    found = route(withheld, HOTLINE, Known(), MONDAY_TEN)
    assert (found.goal, found.number, found.withheld) == (Goal.QUEUE, "", True)
    strict = replace(HOTLINE, accept_anonymous=False)
    refused = route(withheld, strict, Known(), MONDAY_TEN)
    assert (refused.goal, refused.message_kind) == (Goal.MESSAGE, "blocked")


def test_a_customer_brings_language_and_priority() -> None:
    found = route(CALL, replace(HOTLINE, priority=1), Known(customer=STATION), MONDAY_TEN)
    assert (found.language, found.priority, found.customer) == ("sv", 6, 17)


def test_an_unknown_did_goes_to_the_fallback_queue() -> None:
    found = route(replace(CALL, did="555"), None, Known(), MONDAY_TEN)
    assert found.goal is Goal.FALLBACK


def test_a_look_up_that_failed_is_said_and_does_not_refuse() -> None:
    found = route(CALL, HOTLINE, Known(looked_up=False), MONDAY_TEN)
    assert found.goal is Goal.QUEUE
    assert "could not be asked" in found.reasons[1].verdict


@pytest.mark.parametrize(
    ("local", "opened"),
    [
        ("2026-11-23 07:59", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 15:59", True),
        ("2026-11-23 16:00", False),
        ("2026-11-28 20:00", True),  # Saturday, until midnight
        ("2026-11-28 23:59", True),
        ("2026-11-29 00:00", False),
        ("2026-12-25 10:00", False),  # a Friday, and a holiday
        ("2027-03-29 08:00", True),  # the Monday after the clocks went forward
    ],
)
def test_hours_are_wall_clock_in_the_services_zone(local: str, opened: bool) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=HOTLINE.timezone).astimezone(UTC)
    assert is_open(HOTLINE, now)[0] is opened


def test_a_service_without_hours_is_always_open_but_on_holidays() -> None:
    always = replace(HOTLINE, hours=())
    assert is_open(always, MONDAY_TEN)[0]
    opened, reason = is_open(always, datetime(2026, 12, 25, 9, tzinfo=UTC))
    assert not opened
    assert reason.verdict == "closed: Christmas Day"
