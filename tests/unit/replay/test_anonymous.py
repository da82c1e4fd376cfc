"""What goes out with a bug report tells of nobody, and tells the same calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ccgateway.ami.decode import _RULES, _USER_EVENTS
from ccgateway.calls.call import Call
from ccgateway.calls.homes import Home
from ccgateway.calls.recorded import Ami, Cel, Head, Heard, QueueLog, head_line, heard_line
from ccgateway.guest.snippets import DATES
from ccgateway.journal import cel
from ccgateway.replay.anonymous import DETAIL, anonymous
from ccgateway.replay.files import Recording, read
from ccgateway.replay.player import calls_of, facts_in
from ccgateway.replay.record import record_of
from ccgateway.replay.vocabulary import (
    CAUSES,
    CONTEXTS,
    EXTENSIONS,
    PHRASES,
    QUEUE_EVENTS,
    REASONS,
    TECHNOLOGIES,
    WORDS,
)
from ccgateway.telephony.dialplan import EVENTS
from ccgateway.telephony.facts import PERSONAL, Fact, Kind, Source
from ccgateway.telephony.snapshot import SeenChannel, Snapshot, WaitingCaller

RECORDINGS = sorted((Path(__file__).parents[2] / "scenarios" / "recordings").rglob("*.jsonl"))
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
WHY = '[["did", "1000", "service hotline of client {0}"], ["caller", "{0}", "customer 482913"]]'


def texts(recording: Recording) -> str:
    lines = [head_line(recording.head), *map(heard_line, recording.heard)]
    return b"\n".join(lines).decode()


def told(recording: Recording) -> list[Call]:
    return calls_of(recording.head, recording.heard)


# -- it tells the same calls


def shape(call: Call) -> object:
    """A call with every name and number counted, not said: first, second, first again."""
    seen: dict[str, str] = {}

    def counted(text: str) -> str:
        return seen.setdefault(text, f"#{len(seen)}")

    def walk(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: walk(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [walk(one, key) for one in value]
        said = isinstance(value, str) and key in NAMES
        word = key == "to" and value in {
            "first",
            "back",
            "next",
        }  # ours, though a queue has it, too
        return counted(str(value)) if said and not word else value

    return walk(dict(record_of(call)))


NAMES = {
    *("call_id", "node", "client", "service", "did", "caller_number", "caller_name", "channel"),
    *("agent", "queue", "by", "to", "topic", "text", "detail", "reasons"),
}


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_a_recording_tells_the_same_calls_without_persons(file: Path) -> None:
    recording = read(file)
    made = anonymous(recording, "FI").recording
    assert [shape(call) for call in told(made)] == [shape(call) for call in told(recording)]


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_nobodys_number_or_name_is_left(file: Path) -> None:
    recording = read(file)
    numbers = {call.caller_number for call in told(recording)} | {"358942454900", "401110020"}
    said = texts(anonymous(recording, "FI").recording)
    for number in numbers | {"kkönen", "stations", "pumps", "trunk"}:
        assert len(number) < 4 or number.lstrip("+") not in said


# -- whatever stands anywhere, it is not in what goes out

WORD = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüéñßøЖщиλωא漢字🦊ı٣"),
    min_size=6,
    max_size=14,
)
DIGITS = st.from_regex(r"\+?[0-9]{7,14}", fullmatch=True)
SPREAD = st.builds(
    lambda digits, size, apart: apart.join(wrap(digits, size)),
    st.from_regex(r"[0-9]{8,12}", fullmatch=True),
    st.integers(1, 3),
    st.sampled_from([" ", "\u00a0", "\u202f", "\u2013", "_", ", ", ":", "\t", "    ", " x ", "★"]),
)
BETWEEN = st.sampled_from(
    [
        "",
        " ",
        '"',
        "'",
        "<",
        ">",
        ",",
        "|",
        ";",
        "@",
        "/",
        "-",
        "\\",
        "\n",
        "\x1b[31m",
        "\u202e",
        "\0",
    ]
)


@st.composite
def hostile(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text, and what in it is somebody's."""
    secrets = draw(st.lists(st.one_of(WORD, DIGITS, SPREAD), min_size=1, max_size=3))
    text = draw(BETWEEN)
    for secret in secrets:
        text += draw(BETWEEN) + " " + secret + " " + draw(BETWEEN)
    # Where a number begins stays, and that may be all of a shorter one.
    own = [one for one in secrets if not any(one in other for other in secrets if other != one)]
    return draw(st.sampled_from([text, secrets[0]])), own


def left_in(said: str, secrets: list[str], text: str) -> list[str]:
    """Which of them can still be read; digits also where they are part of more."""
    found = []
    for secret in secrets:
        if secret in text:
            plain = secret.lstrip("+")
            written = orjson.dumps(secret).decode().strip('"')
            found += [one for one in (secret, plain, written) if one in said]
    return found


def ami(text: str) -> list[Heard]:
    """Every event that tells something, with the text in each of its headers."""
    events = [(name, rule) for name, rule in _RULES.items()]
    said = [
        [("Event", name), *((header, text) for header in headers_of(rule))] for name, rule in events
    ]
    said += [
        [("Event", "UserEvent"), ("UserEvent", name), *((one, text) for one in headers_of(rule))]
        for name, rule in _USER_EVENTS.items()
    ]
    said += [[("Event", "Newstate"), ("ChannelState", "6"), ("Channel", text), ("Uniqueid", text)]]
    said += [[("Event", "OriginateResponse"), ("ActionID", f"ccg-{text}"), ("Reason", text)]]
    said += [[*headers, (text, text), ("Variable", text), ("Variable", text)] for headers in said]
    return [Heard("pbx1", NOW, Ami(headers)) for headers in said]


def headers_of(rule: object) -> list[str]:
    detail = getattr(rule, "detail").values()  # noqa: B009 - whichever kind of rule
    return [
        *detail,
        getattr(rule, "subject", ""),
        getattr(rule, "place", ""),
        "Timestamp",
        "ChannelState",
    ]


def facts(text: str) -> list[Heard]:
    """Every kind of fact, with the text wherever one can stand."""
    detail = dict.fromkeys(DETAIL, text) | {text: text, "reasons": WHY.format("Oilco")}
    made = [
        Fact("pbx1", kind, text, NOW, place=text, source=Source.SELF, detail=detail)
        for kind in Kind
    ]
    return [Heard("pbx1", NOW, fact) for fact in made]


def journals(text: str) -> list[Heard]:
    """Each column and value of CEL and queue_log."""
    said = text.replace("\n", " ").replace("\0", " ")
    quoted = said.replace('"', '""')
    rows = []
    for event in ("CHAN_START", "HANGUP", "BRIDGE_ENTER", "BLINDTRANSFER", "CCGEscalate"):
        keys = ("hangupcause", "hangupsource", "bridge_id", "extension", said)
        pairs = ",".join(f"{key}: {said}" for key in EVENTS["CCGEscalate"].detail.values())
        extra = orjson.dumps({**dict.fromkeys(keys, said), "extra": pairs}).decode()
        extra = extra.replace('"', '""')
        middle = [quoted] * (len(cel.COLUMNS) - 3)
        values = ["2026-11-22T08:00:00.000001+0000", event, *middle, extra]
        rows.append(Cel(",".join(f'"{value}"' for value in values)))
    lines = [
        QueueLog("|".join(["1795327344", said, said, said, event, said, said, said]))
        for event in ("ENTERQUEUE", "CONNECT", "ABANDON")
    ]
    told: tuple[Cel | QueueLog, ...] = (*rows, *lines)
    return [Heard("pbx1", NOW, one) for one in told]


def snapshots(text: str) -> list[Heard]:
    channel = SeenChannel(text, text, text, text, text, text, text, text, text, NOW)
    waiting = WaitingCaller(text, text, 1, NOW)
    return [Heard("pbx1", NOW, Snapshot("pbx1", NOW, [channel], [waiting], []))]


NOBODYS = WORDS | CAUSES | CONTEXTS | PHRASES | EXTENSIONS | REASONS | TECHNOLOGIES | QUEUE_EVENTS
HEAD = read(RECORDINGS[0]).head
HEARD = Fact("pbx1", Kind.CHANNEL_ENDED, "1795327344.70", NOW)


@pytest.mark.parametrize("made", [ami, facts, journals, snapshots], ids=lambda f: f.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said=hostile())
def test_nothing_hostile_comes_through(
    made: Callable[[str], list[Heard]], said: tuple[str, list[str]]
) -> None:
    text, secrets = said
    ours = texts(anonymous(Recording(HEAD, made("")), "FI").recording)  # headers, keys, times
    assume(not any(secret.lstrip("+") in ours or secret in NOBODYS for secret in secrets))
    out = texts(anonymous(Recording(HEAD, made(text)), "FI").recording)
    assert left_in(out, secrets, text) == []


@settings(max_examples=60, deadline=None)
@given(said=hostile())
def test_nothing_of_the_head_comes_through(said: tuple[str, list[str]]) -> None:
    text, secrets = said

    def out(name: str) -> str:
        phones = {name: name, f"PJSIP/{name}": name}
        ours = replace(HEAD.ours["pbx1"], queues={name}, contexts={name}, phones=phones)
        head = Head({name: ours}, {name: Home(name, "FI")}, made_by="ccgateway 0.1.0")
        heard = [Heard(name, NOW, replace(HEARD, node=name, subject=name))]
        return texts(anonymous(Recording(head, heard), "FI").recording)

    assume(not any(secret.lstrip("+") in out("") for secret in secrets))
    assert left_in(out(text), secrets, text) == []


# -- the same thing stays the same everywhere


def test_one_number_is_one_number_in_every_place() -> None:
    number, dialled = "+358401112223", "0401112223"
    made = anonymous(
        Recording(
            HEAD,
            [
                Heard("pbx1", NOW, Ami([
                    ("Event", "Newchannel"), ("Uniqueid", "1795327344.70"),
                    ("Channel", f"Local/{dialled}@out-00000001;1"),
                    ("CallerIDNum", number), ("CallerIDName", f"Anna {dialled}"),
                    ("Exten", f"*510{dialled}"), ("Context", "from-trunk"),
                ])),
                Heard("pbx1", NOW, QueueLog(
                    f"1795327344|1795327344.70|stations|NONE|ENTERQUEUE||{number}|1"
                )),
                Heard("pbx1", NOW, Fact(
                    "pbx1", Kind.NOTED, "1795327344.70", NOW, NOW.isoformat(), source=Source.SELF,
                    detail={"note": f"Anna wants a call at {dialled}!", "by": "101"},
                )),
            ],
        ),
        "FI",
    ).recording  # fmt: skip
    said = texts(made)
    [ending] = set(re.findall(r"(?:\+358|0)40(\d{7})", said))
    assert ending != "1112223"
    assert len(re.findall(ending, said)) == 6
    [name] = set(re.findall(r'(?:"CallerIDName":"|"note":")(\w+)', said))
    assert len(name) == len("Anna")


@pytest.mark.parametrize(
    "secret",
    [
        "10.20.30.40",
        "sip:anna@centre.example:5060",
        "ccg_Zm9vYmFyYmF6",
        "aa:bb:cc:dd:ee:ff",
        "482913",
    ],
)
def test_addresses_tokens_and_customers_numbers_are_replaced(secret: str) -> None:
    said = texts(anonymous(Recording(HEAD, facts(secret)), "FI").recording)
    assert secret not in said
    assert not any(part in said for part in re.findall(r"anna|centre|example|Zm9v", secret))


@pytest.mark.parametrize("name", ["4", "42", "4711", "33155"])
def test_a_phone_or_an_agent_is_the_same_everywhere(name: str) -> None:
    """Also in queue_log, and as who did something."""
    ours = replace(HEAD.ours["pbx1"], phones={f"PJSIP/{name}": name})
    call = "1795327344|1795327344.70"
    heard: list[Fact | Ami | QueueLog] = [
        Fact("pbx1", Kind.AGENT_PAUSED, name, NOW, NOW.isoformat(), detail={"by": name}),
        Ami([("Event", "Newchannel"), ("Uniqueid", "1795327344.70"), ("CallerIDNum", name),
             ("Channel", f"PJSIP/{name}-0000002a")]),
        QueueLog(f"{call}|stations|NONE|ENTERQUEUE||{name}|1"),
        QueueLog(f"{call}|stations|NONE|ENTERQUEUE||x|{name}|1"),
        QueueLog(f"{call}|stations|NONE|ENTERQUEUE||{name}"),  # its end was never written
        QueueLog(f"{call}|stations|{name}|CONNECT|5|1795327345.71|3"),
        QueueLog(f"{call}|stations|{name}|BLINDTRANSFER|{name}|from-internal|5|9|1"),
        QueueLog(f"{call}|stations|{name}|BLINDTRANSFER|{name}|from"),
        QueueLog(f"{call}|stations|NONE|DID|{name}"),
    ]  # fmt: skip
    for _ in range(5):
        recording = Recording(
            replace(HEAD, ours={"pbx1": ours}), [Heard("pbx1", NOW, h) for h in heard]
        )
        made = anonymous(recording, "FI").recording
        [(device, other)] = made.head.ours["pbx1"].phones.items()
        assert other != name
        said = [orjson.loads(heard_line(one)) for one in made.heard]
        assert device == f"PJSIP/{other}"
        assert (said[0]["fact"]["subject"], said[0]["fact"]["detail"]["by"]) == (other, other)
        assert (said[1]["ami"]["CallerIDNum"], said[1]["ami"]["Channel"][:-9]) == (other, device)
        lines = [one["queue_log"].split("|")[3:] for one in said[2:]]
        assert lines[0] == ["NONE", "ENTERQUEUE", "", other, "1"]
        assert lines[1][4:] == [other, "1"]
        assert lines[2][3] == other
        assert lines[3] == [other, "CONNECT", "5", "1795327345.71", "3"]
        assert (lines[4][2], lines[4][4:]) == (other, ["5", "9", "1"])
        assert lines[5][2] == lines[6][2] == other


@pytest.mark.parametrize(
    "stamp",
    [
        *("{at:%Y-%m-%dT%H:%M:%S.%f}+0000", "{at:%Y-%m-%dT%H:%M:%S.%f}+", "1795327344.000001"),
        f"{{at:{DATES.replace('%6q', '%f')}}}",
    ],
)
def test_what_cel_tells_is_in_it_whichever_way_it_writes_times(stamp: str) -> None:
    row = dict.fromkeys(cel.COLUMNS, "") | {
        "eventtime": stamp.format(at=NOW),
        "eventtype": "ANSWER",
    }
    row |= {"uniqueid": "1795327344.70", "linkedid": "1795327344.70"}
    heard = Heard("pbx1", NOW, Cel(",".join(f'"{row[name]}"' for name in cel.COLUMNS)))
    [made] = anonymous(Recording(HEAD, [heard]), "FI").recording.heard
    assert facts_in(made) == facts_in(heard) != []


def test_what_the_reducer_reads_stays() -> None:
    said = texts(anonymous(read(RECORDINGS[0]), "FI").recording)
    for word in (
        "NOANSWER",
        "CANCEL",
        "allowed_not_screened",
        "User alerting",
        "PJSIP/",
        "1795327",
    ):
        assert (word in said) == (word in texts(read(RECORDINGS[0]))), word


def test_every_key_of_a_facts_detail_has_its_way() -> None:
    """Who adds one says how it is masked: by itself it is left out."""
    keys = {key for rule in (*_RULES.values(), *_USER_EVENTS.values()) for key in rule.detail}
    keys |= {key for told in EVENTS.values() for key in told.detail} | set(PERSONAL)
    keys |= {
        "goal",
        "priority",
        "language",
        "customer",
        "case",
        "withheld",
        "client",
        "phone",
        "by",
    }
    assert keys - DETAIL.keys() == set()


def test_two_recordings_of_the_same_have_other_names() -> None:
    """The secret is thrown away."""
    made = {texts(anonymous(read(RECORDINGS[0]), "FI").recording) for _ in range(5)}
    assert len(made) == 5
