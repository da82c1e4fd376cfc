"""The lines of a service: who is on call when, what the dialplan is told, what phones show."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.routing.service import Service
from ccgateway.routing.tier import OnCall, Target
from ccgateway.routing.tiers import (
    LONGEST_DISPLAY,
    display,
    globals_of,
    next_target,
    on_call,
    target_of,
    ways_of,
)
from ccgateway.routing.week import Hours

WEEKDAYS = frozenset(range(5))
DAY = Hours(WEEKDAYS, time(8), time(16))
EVENING = Hours(frozenset(range(7)), time(16), time(0))
PUMPS = Target("pumps", 2, 2, queue="second-pumps", limit=10, whisper="ccg/second-line")
TILLS = Target("tills", 3, 2, queue="second-tills", limit=6, then="vendor")
VENDOR = Target(
    "vendor",
    4,
    3,
    on_call=(OnCall("+3581", (DAY,)), OnCall("+3582", (EVENING,))),
    limit=10,
    priority=5,
)
SPECIALISTS = Target("specialists", 5, 3, queue="third", then="first")
NOON = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday, 12:00 in Helsinki


def service(**changes: object) -> Service:
    values: dict[str, object] = {
        "id": "hot-line",
        "client": "oilco",
        "name": "Hot line",
        "dids": ("+358942454000", "1000"),
        "queue": "stations",
        "timezone": ZoneInfo("Europe/Helsinki"),
        "priority": 3,
        "targets": (PUMPS, TILLS, VENDOR, SPECIALISTS),
        "own_numbers": ("+358942454000", "+358942454001"),
        "outbound_prefix": "10",
    }
    return Service(**{**values, **changes})  # type: ignore[arg-type]  # a dict of its fields


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("2026-11-23 05:59:59", ""),  # 07:59:59 in Helsinki, and nobody is on call at night
        ("2026-11-23 06:00:00", "+3581"),
        ("2026-11-23 13:59:59", "+3581"),
        ("2026-11-23 14:00:00", "+3582"),  # the first that fits has ended, the next begins
        ("2026-11-23 21:59:59", "+3582"),
        ("2026-11-23 22:00:00", ""),  # midnight
        ("2026-11-22 10:00:00", ""),  # a Sunday
        # Clocks go forward on 29 March 2026: on the Friday before, 08:00 is 06:00 UTC; on the
        # Monday after, 05:00.
        ("2026-03-27 05:30:00", ""),
        ("2026-03-30 05:00:00", "+3581"),
        # Back on 25 October 2026.
        ("2026-10-23 05:00:00", "+3581"),
        ("2026-10-26 05:59:59", ""),
        ("2026-10-26 06:00:00", "+3581"),
    ],
)
def test_who_is_on_call_follows_the_clock_on_the_services_wall(moment: str, number: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert on_call(VENDOR, service(), now) == number
    told = globals_of([service()], now)["CCG_TARGET_hot-line_4"]
    assert told == f"vendor|3||{number}|10|back|5|"


def test_without_hours_one_is_always_on_call() -> None:
    always = Target("x", 2, 2, on_call=(OnCall("+3581", (DAY,)), OnCall("+3589")))
    sunday = datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert on_call(always, service(), sunday) == "+3589"


def test_the_dialplan_is_told_all_it_needs() -> None:
    told = globals_of([service()], NOON)
    assert {name: value for name, value in told.items() if value} == {
        "CCG_SERVICE_358942454000": "hot-line",
        "CCG_SERVICE_1000": "hot-line",
        "CCG_FIRST_hot-line": "stations|23",
        "CCG_TARGET_hot-line_2": "pumps|2|second-pumps||10|back|10|ccg/second-line",
        "CCG_TARGET_hot-line_3": "tills|2|second-tills||6|4|10|",
        "CCG_TARGET_hot-line_4": "vendor|3||+3581|10|back|5|",
        "CCG_TARGET_hot-line_5": "specialists|3|third||30|first|10|",
        "CCG_NEXT_hot-line_1": "2",
        "CCG_NEXT_hot-line_2": "4",
        "CCG_OWN_hot-line": "+358942454000",
        "CCG_PREFIX_10": "hot-line",
    }
    # What was there before the file was changed is taken back.
    assert told["CCG_TARGET_hot-line_9"] == told["CCG_NEXT_hot-line_3"] == ""


def test_a_prefix_that_no_service_has_any_more_is_taken_back() -> None:
    told = globals_of([service()], NOON)
    prefixes = {name for name in told if name.startswith("CCG_PREFIX_")}
    assert prefixes == {f"CCG_PREFIX_{number:02}" for number in range(100)}


def test_the_agents_phones_are_told() -> None:
    phones = ["PJSIP/101", "PJSIP/anna.b", "PJSIP/door-2", "SIP/7", "PJSIP/x${y}", "PJSIP/"]
    told = globals_of([], NOON, phones)
    found = {name: value for name, value in told.items() if "PHONE" in name}
    assert found == {"CCG_PHONE_101": "PJSIP/101", "CCG_PHONE_door-2": "PJSIP/door-2"}


def test_a_service_without_lines_is_told_too() -> None:
    told = globals_of([service(targets=(), own_numbers=(), outbound_prefix="")], NOON)
    assert set(told.values()) == {"hot-line", "stations|23", ""}


@pytest.mark.parametrize(
    "hostile", ["a|b", "a\nAction: Originate", "${SHELL(x)}", 'a"b', "a,b", "a b", "]{}[", "ä"]
)
def test_nothing_hostile_reaches_a_global(hostile: str) -> None:
    target = Target(hostile, 2, 2, queue=hostile, whisper=hostile)
    told = globals_of([service(queue=hostile, targets=(target,), own_numbers=(hostile,))], NOON)
    assert told["CCG_TARGET_hot-line_2"].count("|") == 7
    for value in told.values():
        assert set(value) <= set("|+-_/0123456789") | set(map(chr, range(65, 123)))


@pytest.mark.parametrize(
    ("to", "tier", "target"),
    [
        ("tills", 1, TILLS),
        ("next", 1, PUMPS),
        ("next", 2, VENDOR),
        ("next", 3, None),
        ("nobody", 1, None),
        ("back", 1, None),
    ],
)
def test_a_target_by_its_name_or_the_next_line(to: str, tier: int, target: Target | None) -> None:
    assert target_of(service(), to, tier) == target


def test_the_ways_are_named() -> None:
    names = ["pumps", "tills", "vendor", "specialists"]
    assert ways_of(service(), 1) == [*names, "next", "back"]
    assert ways_of(service(), 3) == [*names, "back"]
    assert next_target(service(targets=()), 1) is None


@pytest.mark.parametrize(
    ("case", "name", "shown"),
    [
        (1042, "Station 17", "#1042 Station 17"),
        (1042, "", "#1042"),
        (None, "Station 17", "Station 17"),
        (None, "", ""),
        (7, "Äänekoski Нева 東京 हिन्दी", "#7 Äänekoski Нева 東京 हिन्दी"),
        (7, "O'Neill & Sons, Ltd.", "#7 O'Neill Sons Ltd."),
        (7, "${SHELL(reboot)}", "#7 SHELL reboot"),
        (7, "a\r\nX: y\0\x1b[2J", "#7 a X y 2J"),
        (7, "a|b^c&d;e\\f<g>h[i]{j}%k\"l'm", "#7 a b c d e f g h i j k l'm"),
        (7, "\N{TELEPHONE RECEIVER}\u202eevil\u2028", "#7 evil"),
        (1042, "x" * 500, "#1042 " + "x" * 34),
        (1042, "x" * 33 + " yz", "#1042 " + "x" * 33),
    ],
)
def test_what_a_phone_shows(case: int | None, name: str, shown: str) -> None:
    assert display(case, name) == shown


@given(st.text())
def test_whatever_a_caller_calls_themselves_is_harmless(name: str) -> None:
    shown = display(12, name)
    assert shown.startswith("#12")
    assert len(shown) <= LONGEST_DISPLAY
    assert shown.isprintable()
    assert set(shown[1:]).isdisjoint(',"$(){}[]|&^<>;\\%#=:@/`!?*\n\r\t')
