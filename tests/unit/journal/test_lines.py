"""Records out of bytes: whole ones only, whatever is around them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccgateway.journal.cel import COLUMNS, read_cel
from ccgateway.journal.lines import (
    LONGEST_RECORD,
    cel_records,
    cel_rows,
    queue_log_records,
)
from ccgateway.journal.queue_log import read_queue_log
from ccgateway.telephony.facts import Kind

TIME = "2026-11-22T18:36:54.253478+0000"


def row(event: str = "ANSWER", uniqueid: str = "1795372614.0", **more: str) -> bytes:
    """A record as cel_custom writes it."""
    said = {"eventtime": TIME, "eventtype": event, "uniqueid": uniqueid, **more}
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(
        [said.get(column, "") for column in COLUMNS]
    )
    return line.getvalue().encode()


def subjects(data: bytes) -> list[str]:
    return [fact.subject for fact in read_cel("pbx1", data).facts]


def test_a_record_with_line_breaks_inside() -> None:
    data = row(caller_number='1\r\n"2026",\n') + row(uniqueid="2.2")
    split = cel_records(data)
    assert (len(split.records), split.used, split.odd) == (2, len(data), 0)
    [fields], is_clean = cel_rows(split.records[0], len(COLUMNS))
    assert is_clean
    assert fields[COLUMNS.index("caller_number")] == '1\r\n"2026",\n'


def test_a_caller_cannot_write_a_record() -> None:
    """Whatever is in a caller's number, it begins no record of its own."""
    forged = row("HANGUP", "9.9").decode()
    for text in (f"1\n{forged}", f'1"\n{forged}', f'1"\n{forged.rstrip()}"', f"\n{TIME}"):
        data = row(caller_number=text) + row(uniqueid="2.2")
        assert subjects(data) == ["1795372614.0", "2.2"]


@given(st.lists(st.text(max_size=30).filter(lambda t: "\0" not in t), max_size=6), st.data())
def test_cut_anywhere_and_read_on(texts: list[str], cut: st.DataObject) -> None:
    data = b"".join(
        row(uniqueid=f"1.{n}", caller_number=text.encode("utf-8", "replace").decode())
        for n, text in enumerate(texts)
    )
    at = cut.draw(st.integers(0, len(data)))
    first = read_cel("pbx1", data[:at])
    second = read_cel("pbx1", data[first.used :])
    assert [f.subject for f in first.facts + second.facts] == [f"1.{n}" for n in range(len(texts))]
    assert (first.used + second.used, first.odd + second.odd) == (len(data), 0)


def test_the_last_line_without_its_end_waits() -> None:
    whole, half = row(), row(uniqueid="2.2")[:40]
    assert cel_records(whole + half).used == len(whole)
    assert cel_records(half).used == 0
    told = read_cel("pbx1", whole + half, final=True)
    assert (len(told.facts), told.used, told.odd) == (1, len(whole + half), 1)


def test_a_full_disk_cut_a_record_and_the_next_one_follows_it() -> None:
    for at in range(1, len(row()) + 1):
        data = row(uniqueid="1.1") + row()[:at] + row(uniqueid="2.2") + row(uniqueid="3.3")
        told = read_cel("pbx1", data)
        found = [fact.subject for fact in told.facts]
        is_whole = at == len(row())
        assert (found[0], found[-2:], told.odd) == ("1.1", ["2.2", "3.3"], 0 if is_whole else 1), at


def test_nuls_where_the_power_failed() -> None:
    hole = b"\0" * 5000
    assert subjects(row(uniqueid="1.1") + hole + row(uniqueid="2.2")) == ["1.1", "2.2"]
    assert subjects(hole + row(uniqueid="1.1") + b"\n") == ["1.1"]
    told = read_queue_log("pbx1", hole + b"1795372614|1.1|q|NONE|ENTERQUEUE||1|1\n")
    assert [f.subject for f in told.facts] == ["1.1"]


def test_what_is_no_utf_8_is_read_as_ami_is() -> None:
    data = row("CHAN_START", caller_number="X").replace(b'"X"', b'"\xff1\0"')
    [fact] = read_cel("pbx1", data).facts
    assert fact.detail["caller_number"] == "\ufffd1\ufffd"


@pytest.mark.parametrize("stamp", [TIME, "20261122T183654.253478+0000", "1795372614.253478"])
def test_a_record_behind_one_that_was_torn_in_its_line_is_told(stamp: str) -> None:
    """The disk was full, and then it had room again."""
    torn = row("CHAN_START", eventtime=stamp, linkedid="1795372614.0")[:70]
    data = torn + row("HANGUP", "2.2", eventtime=stamp) + row("HANGUP", "3.3", eventtime=stamp)
    told = read_cel("pbx1", data)
    assert ([fact.subject for fact in told.facts], told.odd) == (["2.2", "3.3"], 1)


def test_what_is_longer_than_any_record_is_passed_over() -> None:
    endless = b'"' + b"x" * LONGEST_RECORD
    assert cel_records(endless[:-2]).used == 0
    assert cel_records(endless)[1:] == (len(endless), 1)
    again = read_cel("pbx1", b"x" * 100 + b"\n" + row())
    assert (len(again.facts), again.odd) == (1, 1)
    assert queue_log_records(b"x" * LONGEST_RECORD)[1:] == (LONGEST_RECORD, 1)


@given(st.binary(max_size=300))
def test_nothing_that_stands_there_stops_it(data: bytes) -> None:
    for final in (False, True):
        assert read_cel("pbx1", data, final=final).used <= len(data)
        told = read_queue_log("pbx1", data + b"\n", final=final)
        assert told.used == len(data) + 1
    assert read_cel("pbx1", data, final=True).used == len(data)


def test_a_line_of_queue_log() -> None:
    line = b"1795372983|1795372983.5|first|201|CONNECT|4|1795372983.8|3\n"
    [fact] = read_queue_log("pbx1", line).facts
    assert (fact.kind, fact.subject, fact.place) == (
        Kind.AGENT_CONNECTED, "1795372983.5", "first",
    )  # fmt: skip
    assert fact.detail == {
        "agent": "201", "agent_uniqueid": "1795372983.8", "holdtime": "4", "ringtime": "3",
    }  # fmt: skip


def test_a_caller_id_with_the_sign_between_values() -> None:
    line = b"1795372983|1.5|first|NONE|ENTERQUEUE||1|2|3|7\n"
    [fact] = read_queue_log("pbx1", line).facts
    assert fact.detail == {"position": "7"}


def test_a_line_that_is_cut_is_odd_and_a_word_unknown_is_not() -> None:
    told = read_queue_log(
        "pbx1",
        b"1795372983|1.5|first|201|CONNECT|4\n1795372983|1.5\nx|1.5|q|N|ABANDON|1|1|1\n"
        b"99999999999999999999|1.5|q|N|ABANDON|1|1|1\n1795372983|NONE|NONE|NONE|QUEUESTART|\n",
    )
    assert (told.facts, told.odd) == ([], 4)


def test_a_number_ends_where_a_stranger_broke_the_line() -> None:
    [fact] = read_cel("pbx1", row("CHAN_START", caller_number="358\r\nUniqueid: 9.9")).facts
    assert fact.detail["caller_number"] == "358"


@pytest.mark.parametrize(
    "extra",
    ["[" * 60_000, "{", "[]", '{"hangupcause": ' + "9" * 5000 + "}", '{"a": "\\ud800\\u0000"}'],
)
def test_an_extra_that_is_none(extra: str) -> None:
    told = read_cel("pbx1", row("HANGUP", eventextra=extra) + row(uniqueid="2.2"))
    assert [fact.subject for fact in told.facts][-1] == "2.2"
    assert told.odd == 2 - len(told.facts)
    for fact in told.facts:
        "".join(fact.detail.values()).encode()


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("20261122T203654.253478+0200", "2026-11-22T18:36:54.253478+00:00"),
        ("2026-11-22T20:36:54.253478+0200", "2026-11-22T18:36:54.253478+00:00"),
        ("2026-11-22T18:36:54.253478Z", "2026-11-22T18:36:54.253478+00:00"),
        ("1795372614.253478", "2026-11-22T18:36:54.253478+00:00"),
        ("1795372614.2", "2026-11-22T18:36:54.200000+00:00"),
    ],
)
def test_times(stamp: str, at: str) -> None:
    [fact] = read_cel("pbx1", row(eventtime=stamp)).facts
    assert fact.at.isoformat() == at


@pytest.mark.parametrize("cut_off", ["", "+"])
def test_a_time_without_zone_is_this_machines(cut_off: str) -> None:
    [fact] = read_cel("pbx1", row(eventtime=f"2026-07-22T18:36:54.253478{cut_off}")).facts
    assert fact.at == datetime(2026, 7, 22, 18, 36, 54, 253478).astimezone(UTC)


@pytest.mark.parametrize(
    "stamp", ["2026-13-22T18:36:54", "9" * 30, "99999999999999", "9999-12-31T23:59:59-1400", "1-1"]
)
def test_what_is_no_time(stamp: str) -> None:
    told = read_cel("pbx1", row(eventtime=stamp))
    assert (told.facts, told.odd) == ([], 1)


def test_a_value_of_the_dialplans_cannot_add_another() -> None:
    """The first of two counts, as of UserEvent's headers."""
    extra = '{"extra": "Queue: first,Status: FULL,Queue: second, Status: TIMEOUT,nothing"}'
    [fact] = read_cel("pbx1", row("CCGQueueResult", eventextra=extra)).facts
    assert (fact.kind, fact.place, fact.detail) == (
        Kind.QUEUE_RESULT,
        "first",
        {"status": "FULL"},
    )


@pytest.mark.parametrize(
    "line", ["1795372614||q|NONE|ENTERQUEUE||1|1", "\u0661\u0667\u0669|1.1|q|NONE|ENTERQUEUE||1|1"]
)
def test_a_line_of_no_call_or_no_time_of_asterisks_is_odd(line: str) -> None:
    told = read_queue_log("pbx1", line.encode() + b"\n")
    assert (told.facts, told.odd) == ([], 1)
