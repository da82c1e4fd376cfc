"""Wrong TOML, made from the schema itself: every message names the file, the line and the key."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import annotated_types
import pytest
from pydantic.fields import FieldInfo

from ccgateway.config import Config, Fault, FaultyConfig, load
from ccgateway.config.tables import File, Table

SECRET = "s3cret-s3cret"

BASE: dict[str, dict[str, str]] = {
    "[gateway]": {"state_dir": '"/var/lib/ccgateway"'},
    "[log]": {"format": '"json"', "level": '"debug"'},
    "[database]": {
        "dsn": '"postgresql://u:p@h/db"',
        "dsn_file": '""',
        "audit_days": "400",
        "spool_mb": "2048",
    },
    "[agi]": {
        "listen": '"127.0.0.1"',
        "port": "4573",
        "secret": f'"{SECRET}"',
        "secret_file": '""',
        "allow": '["127.0.0.1/32"]',
    },
    "[http]": {
        "listen": '"127.0.0.1"',
        "port": "8070",
        "token": f'"{SECRET}"',
        "token_file": '""',
        "tls_cert": '""',
        "tls_key": '""',
        "proxies": '["10.0.0.2/32"]',
        "plain": "false",
    },
    "[web]": {
        "listen": '"127.0.0.1"',
        "port": "0",
        "tls_cert": '""',
        "tls_key": '""',
        "proxies": '["10.0.0.2/32"]',
        "plain": "false",
    },
    "[[node]]": {
        "name": '"pbx1"',
        "host": '"127.0.0.1"',
        "port": "5038",
        "username": '"ccgateway"',
        "secret": f'"{SECRET}"',
        "secret_file": '""',
        "tls": "false",
        "tls_ca": '""',
        "fallback_queue": '"ccg-fallback"',
        "contexts": '["from-phones"]',
        "journals": '"/var/log/asterisk"',
    },
    "[[client]]": {"id": '"oilco"', "name": '"Oil Company"', "blocked": '["+358401112223"]'},
    "[[queue]]": {"name": '"stations"'},
    "[[service]]": {
        "id": '"hotline"',
        "client": '"oilco"',
        "name": '"Station hot line"',
        "dids": '["+358942454000", "1000"]',
        "queue": '"stations"',
        "timezone": '"Europe/Helsinki"',
        "country": '"FI"',
        "hours": '["mon-fri 08:00-16:00"]',
        "holidays": '["2026-12-25 Christmas Day"]',
        "language": '"en"',
        "priority": "0",
        "wait_limit": "600",
        "overflow": '"message"',
        "accept_anonymous": "true",
        "blocked": '["0401112224"]',
        "own_numbers": '["+358942454000"]',
        "outbound_prefix": '"10"',
        "allow_premium": "false",
        "countries": '["FI", "SE"]',
    },
    "[service.messages]": {
        "greeting": '""',
        "closed": '"ccg/closed"',
        "full": '"ccg/full"',
        "nobody": '"ccg/nobody"',
        "blocked": '"ccg/blocked"',
    },
    "[[service.target]]": {
        "name": '"pumps"',
        "digit": "2",
        "tier": "2",
        "queue": '"stations"',
        "on_call": "[]",
        "wait_limit": "10",
        "then": '"back"',
        "priority": "10",
        "whisper": '"ccg/second-line"',
    },
    "[[agent]]": {
        "id": '"101"',
        "name": '"Anna"',
        "phone": '"PJSIP/101"',
        "queues": '["stations"]',
        "penalty": "0",
        "auto_answer": "false",
    },
    "[pause]": {"reasons": '["break", "lunch"]'},
}

HOSTILE = {
    "line breaks": "a\r\nAction: Originate",
    "quotes": "a\"b'c",
    "evaluation": "${SHELL(touch /x)}",
    "CDATA": "]]>",
    "emoji": "\N{TELEPHONE RECEIVER}",
    "NUL": "a\0b",
    "4 kB": "x" * 4096,
    "terminal": "\x1b[2J",
}
ONE_OF_TWO = "service[0].target[0].queue"
"""Not required by itself; but it, or on_call, must be there."""

FREE_TEXT = {"client[0].name", "service[0].name", "agent[0].name", "node[0].secret"}


def _text(header: str = "", key: str = "", lines: list[str] | None = None) -> str:
    """The base file, in which ``lines`` stand for the line of ``key`` in the table ``header``."""
    out = []
    for table, values in BASE.items():
        out.append(table)
        for name, value in values.items():
            mine = lines is not None and (table, name) == (header, key)
            out += lines if mine and lines is not None else [f"{name} = {value}"]
    return "\n".join(out) + "\n"


def _line(header: str, key: str) -> int:
    """The line of a key in the base file."""
    before = _text().splitlines()
    start = before.index(header)
    return start + 2 + list(BASE[header]).index(key)


def _faults(tmp_path: Path, text: str) -> list[Fault]:
    """The faults of a file, whose message has been looked at."""
    file = tmp_path / "petrol.toml"
    file.write_bytes(text.encode())
    with pytest.raises(FaultyConfig) as caught:
        load(file)
    message = str(caught.value)
    assert SECRET not in message
    assert len(message.split("\n")) == len(caught.value.faults)
    for line in message.split("\n"):
        assert line.startswith(f"{file}:")
        assert ": found " in line
        assert ", allowed: " in line
        assert line.isprintable()
    return caught.value.faults


def _schema(
    model: type[Table] = File, header: str = "", name: str = ""
) -> Iterator[tuple[str, str, str, FieldInfo]]:
    """Header, key, full name and field of every value that the schema knows."""
    for key, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        tables = [k for k in kinds if isinstance(k, type) and issubclass(k, Table)]
        if not tables:
            yield header, key, f"{name}.{key}", field
        elif header:
            below = f"{name[:-3]}.{key}"
            if get_origin(field.annotation) is tuple:
                yield from _schema(tables[0], f"[[{below}]]", f"{name}.{key}[0]")
            else:
                yield from _schema(tables[0], f"[{below}]", f"{name}.{key}")
        elif get_origin(field.annotation) is tuple:
            yield from _schema(tables[0], f"[[{key}]]", f"{key}[0]")
        else:
            yield from _schema(tables[0], f"[{key}]", key)


KEYS = list(_schema())
IDS = [name for _, _, name, _ in KEYS]


def _out_of_range(value: str, field: FieldInfo) -> list[str]:
    bounds = [
        str(number)
        for rule in field.metadata
        for number in (
            [rule.ge - 1]
            if isinstance(rule, annotated_types.Ge) and isinstance(rule.ge, int)
            else [rule.le + 1]
            if isinstance(rule, annotated_types.Le) and isinstance(rule.le, int)
            else []
        )
    ]
    if value.startswith("["):
        bounds += ['["\\u0007"]', "[7]"] + ["[]"] * field.is_required()
    elif value.startswith('"'):
        bounds.append('"\\u0007"')
    return bounds


def _wrong_types(value: str) -> list[str]:
    """Also those that a laxer reader would take for right."""
    if value.startswith('"'):
        return ["7", "true", '["x"]', "2026-12-25"]
    if value.startswith("["):
        return ["7", "{ x = 1 }"]
    return ['"1"', "1.0", "[1]", *(["1", "0"] if value in ("true", "false") else ["true"])]


def test_the_base_has_every_key_of_the_schema(tmp_path: Path) -> None:
    assert {(h, k) for h, k, _, _ in KEYS} == {(h, k) for h, keys in BASE.items() for k in keys}
    file = tmp_path / "petrol.toml"
    file.write_text(_text())
    assert load(file).services[0].blocked == {"+358401112224"}


@pytest.mark.parametrize(("header", "key", "name", "field"), KEYS, ids=IDS)
def test_a_wrong_value_is_named(
    tmp_path: Path, header: str, key: str, name: str, field: FieldInfo
) -> None:
    base = BASE[header][key]
    for value in [*_wrong_types(base), *_out_of_range(base, field)]:
        faults = _faults(tmp_path, _text(header, key, [f"{key} = {value}"]))
        # A list's fault names the item.
        places = {(fault.line, fault.key.removesuffix("[0]")) for fault in faults}
        assert (_line(header, key), name) in places, (value, faults)


@pytest.mark.parametrize(("header", "key", "name", "field"), KEYS, ids=IDS)
def test_a_missing_key_is_named(
    tmp_path: Path, header: str, key: str, name: str, field: FieldInfo
) -> None:
    text = _text(header, key, [])
    if name == ONE_OF_TWO:
        [fault] = _faults(tmp_path, text)
        place = (text.splitlines().index(header) + 1, name.rpartition(".")[0])
        assert (fault.line, fault.key) == place
        assert "queue or on_call" in fault.allowed
        return
    if not field.is_required():
        file = tmp_path / "petrol.toml"
        file.write_text(text)
        load(file)
        return
    faults = {(f.line, f.key, f.found) for f in _faults(tmp_path, text)}
    assert (text.splitlines().index(header) + 1, name, "nothing") in faults


@pytest.mark.parametrize(("header", "key", "name", "field"), KEYS, ids=IDS)
def test_an_unknown_key_is_named_with_the_one_meant(
    tmp_path: Path, header: str, key: str, name: str, field: FieldInfo
) -> None:
    lines = [f"{key} = {BASE[header][key]}", f'{key}_ = "{SECRET}"']
    [fault] = _faults(tmp_path, _text(header, key, lines))
    assert (fault.line, fault.key) == (_line(header, key) + 1, f"{name}_")
    assert fault.allowed.startswith(f"{key}? ")


@pytest.mark.parametrize(("header", "key", "name", "field"), KEYS, ids=IDS)
def test_a_doubled_key_is_named(
    tmp_path: Path, header: str, key: str, name: str, field: FieldInfo
) -> None:
    line = f"{key} = {BASE[header][key]}"
    [fault] = _faults(tmp_path, _text(header, key, [line, line]))
    assert (fault.line, fault.key) == (_line(header, key) + 1, name)
    assert f"line {_line(header, key)} " in fault.allowed


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_text_is_refused_or_kept_as_text(tmp_path: Path, kind: str) -> None:
    hostile = HOSTILE[kind]
    written = json.dumps(hostile, ensure_ascii=False)
    for header, key, name, _ in KEYS:
        base = BASE[header][key]
        if base[0] not in '["':
            continue
        text = _text(
            header, key, [f"{key} = [{written}]" if base[0] == "[" else f"{key} = {written}"]
        )
        keeps = name in FREE_TEXT and hostile.isprintable() and len(hostile) < 100
        if not keeps:
            places = {(f.line, f.key.removesuffix("[0]")) for f in _faults(tmp_path, text)}
            assert (_line(header, key), name) in places
            continue
        file = tmp_path / "petrol.toml"
        file.write_text(text)
        assert hostile in _words_of(load(file))


def _words_of(config: Config) -> set[str]:
    return {
        config.clients[0].name,
        config.services[0].name,
        config.agents[0].name,
        config.nodes[0].secret.get_secret_value(),
    }


SERVICE = (
    '[[service]]\nid = "b"\nclient = "oilco"\nname = "B"\nqueue = "stations"\ntimezone = "UTC"\n'
)
CROSS: list[tuple[str, str, str, str]] = [
    ("[[service]]", "client", '"nobody"', "oilco"),
    ("[[service]]", "queue", '"pumps"', "stations"),
    ("[[agent]]", "queues", '["stations", "pumps"]', "stations"),
    ("[[agent]]", "queues", '["stations", "stations"]', "agent[0].queues[0] has it"),
    ("[[node]]", "fallback_queue", '"stations"', "static members"),
    ("[[node]]", "tls_ca", '"missing.pem"', "a file that is there"),
    ("[[service]]", "timezone", '"Europe/Nowhere"', "IANA"),
    ("[[service]]", "timezone", '"../../etc/passwd"', "IANA"),
    ("[[service]]", "country", '"XX"', "ISO 3166"),
    ("[[service]]", "hours", '["mon-fri 16:00-08:00"]', "over midnight is two entries"),
    ("[[service]]", "hours", '["mon-fri 08:00-08:00"]', "over midnight is two entries"),
    ("[[service]]", "hours", '["mon-fri 08:00-24:00"]', "00:00 for the end of the day"),
    ("[[service]]", "hours", '["mon-fri 08:60-16:00"]', "00:00 to 23:59"),
    ("[[service]]", "hours", '["fri-mon 08:00-16:00"]', '"fri-sun,mon-mon"'),
    ("[[service]]", "hours", '["xyz 08:00-16:00"]', "mon, tue"),
    ("[[service]]", "hours", '["8-16"]', "mon-fri 08:00-16:00"),
    ("[[service]]", "holidays", '["2026-02-30 x"]', "calendar"),
    ("[[service]]", "holidays", '["25.12.2026"]', "2026-12-25 Christmas Day"),
    ("[[service]]", "holidays", '["2026-12-25", "2026-12-25 x"]', "stands twice"),
    ("[[service]]", "dids", '["1000", "1000"]', "service[0].dids[0] has it"),
    ("[[service]]", "blocked", '["anonymous"]', "telephone number"),
    ("[[service]]", "blocked", '["101"]', "telephone number"),
    ("[[service]]", "blocked", '["0100*"]', '"+358100*"'),
    ("[[service]]", "blocked", '["+*"]', '"+358100*"'),
    ("[[service]]", "blocked", '["+358*00"]', '"+358100*"'),
    ("[[client]]", "blocked", '["+358100**"]', '"+358100*"'),
    ("[[service]]", "overflow", '"tills"', "one of message, fallback, pumps"),
    ("[[service]]", "overflow", '"back"', "one of message, fallback, pumps"),
    ("[[service]]", "own_numbers", '["0942454000"]', "with + and country code"),
    ("[[service]]", "own_numbers", '["+35"]', "telephone number"),
    ("[[service]]", "outbound_prefix", '"1"', "two digits"),
    ("[[service]]", "countries", '["FI", "XX"]', "ISO 3166"),
    ("[[service.target]]", "name", '"back"', "meanings of their own"),
    ("[[service.target]]", "name", '"message"', "meanings of their own"),
    ("[[service.target]]", "queue", '"pumps"', "stations"),
    ("[[service.target]]", "on_call", '["0401112223"]', "not both"),
    ("[[service.target]]", "then", '"tills"', "one of back, first, pumps"),
    ("[[service.target]]", "then", '"pumps"', "not pumps -> pumps"),
    ("[[client]]", "blocked", '["0401112223"]', "with + and country code"),
    ("[[agent]]", "phone", '"Local/101@phones"', "no Local channel"),
    ("[[agent]]", "phone", '"101"', "PJSIP/101"),
    ("[pause]", "reasons", '["a", "a"]', "has it already"),
    ("[pause]", "reasons", json.dumps(list("abcdefghij")), "1 to 9"),
    ("[[service]]", "language", '"en,fi"', "en or pt_BR"),
    ("[agi]", "secret", '"Change-Me"', "your own secret"),
    ("[agi]", "allow", '["10.0.0.1/8"]', "behind the mask"),
    ("[gateway]", "state_dir", '"state"', "begins with / or ~"),
    ("[gateway]", "state_dir", '"~nosuchuser/state"', "begins with / or ~"),
    ("[[node]]", "journals", '"log"', "begins with / or ~"),
]


@pytest.mark.parametrize(("header", "key", "value", "allowed"), CROSS)
def test_what_does_not_agree_is_named(
    tmp_path: Path, header: str, key: str, value: str, allowed: str
) -> None:
    faults = _faults(tmp_path, _text(header, key, [f"{key} = {value}"]))
    [fault] = [f for f in faults if f.line == _line(header, key)]
    assert allowed in fault.allowed


def test_what_must_be_the_only_one_is_named(tmp_path: Path) -> None:
    double = {
        "node[1].name": f'[[node]]\nname = "pbx1"\nsecret = "{SECRET}"\n',
        "client[1].id": '[[client]]\nid = "oilco"\nname = "x"\n',
        "queue[1].name": '[[queue]]\nname = "stations"\n',
        "service[1].dids[0]": SERVICE + 'dids = ["1000"]\n',
        "service[1].outbound_prefix": SERVICE + 'dids = ["1"]\noutbound_prefix = "10"\n',
        "agent[1].phone": '[[agent]]\nid = "2"\nname = "B"\nphone = "PJSIP/101"\nqueues = []\n',
        "agent[1].id": '[[agent]]\nid = "101"\nname = "B"\nphone = "PJSIP/2"\nqueues = []\n',
    }
    for key, more in double.items():
        faults = {fault.key: fault.allowed for fault in _faults(tmp_path, _text() + more)}
        assert "has it already" in faults[key]


TARGETS: list[tuple[str, str, str, str]] = [
    ("name = 'a'\ndigit = 3\non_call = ['112']", "on_call[0]", '"112"', "telephone number"),
    ("name = 'a'\ndigit = 3\non_call = ['1\t2 mon-sun 00:00-00:00']", "on_call[0]", "", "number"),
    ("name = 'a'\ndigit = 3\non_call = ['0401112223 mon 9-5']", "on_call[0]", "9-5", "08:00-16:00"),
    ("name = 'a'\ndigit = 2\nqueue = 'stations'", "digit", "2", "target[0].digit has it"),
    ("name = 'pumps'\ndigit = 3\nqueue = 'stations'", "name", "pumps", "target[0].name has it"),
    ("name = 'a'\ndigit = 3\nqueue = 'stations'\nthen = 'a'", "then", '"a"', "not a -> a"),
    ("name = 'a'\ndigit = 3", "", "a table", "queue or on_call"),
    (
        "name = 'a'\ndigit = 3\non_call = ['0401112223']\nwhisper = 'x'",
        "whisper",
        '"x"',
        "only a queue plays a whisper",
    ),
]


@pytest.mark.parametrize(("target", "key", "found", "allowed"), TARGETS)
def test_a_second_target_that_does_not_agree_is_named(
    tmp_path: Path, target: str, key: str, found: str, allowed: str
) -> None:
    before, after = _text().split("[[agent]]")
    text = f"{before}[[service.target]]\n{target}\n[[agent]]{after}"
    [fault] = _faults(tmp_path, text)
    assert fault.key == f"service[0].target[1].{key}".removesuffix(".")
    first = text.splitlines().index("[[service.target]]") + 1
    assert fault.line is not None
    assert fault.line > first + len(BASE["[[service.target]]"])
    assert found in fault.found
    assert allowed in fault.allowed


@pytest.mark.parametrize("own", [[], ["own_numbers = []"]])
def test_who_is_on_call_is_shown_a_number_of_ours(tmp_path: Path, own: list[str]) -> None:
    target = "[[service.target]]\nname = 'a'\ndigit = 3\non_call = ['0401112223']\n"
    before, after = _text("[[service]]", "own_numbers", own).split("[[agent]]")
    [fault] = _faults(tmp_path, f"{before}{target}[[agent]]{after}")
    assert fault.key == "service[0].own_numbers"
    assert "who is on_call is dialled" in fault.allowed


def test_first_line_overflows_and_prefixes_are_blocked(tmp_path: Path) -> None:
    file = tmp_path / "petrol.toml"
    file.write_text(_text("[[service]]", "overflow", ['overflow = "pumps"']))
    assert load(file).services[0].overflow == "pumps"
    file.write_text(_text("[[service]]", "blocked", ['blocked = ["+358100*", "0401112224"]']))
    assert load(file).services[0].blocked == {"+358100*", "+358401112224"}


def test_a_circle_of_targets_is_named_at_each(tmp_path: Path) -> None:
    second = '[[service.target]]\nname = "tills"\ndigit = 3\nqueue = "stations"\nthen = "pumps"\n'
    before, after = _text("[[service.target]]", "then", ['then = "tills"']).split("[[agent]]")
    faults = _faults(tmp_path, f"{before}{second}[[agent]]{after}")
    assert [(fault.key, fault.found) for fault in faults] == [
        ("service[0].target[0].then", '"tills"'),
        ("service[0].target[1].then", '"pumps"'),
    ]
    assert "not pumps -> tills -> pumps" in faults[0].allowed


def test_all_faults_are_told_at_once_in_the_files_order(tmp_path: Path) -> None:
    text = (
        _text()
        .replace("4573", "70000")
        .replace('"PJSIP/101"', '"Local/1@x"')
        .replace("600", '"abc"')
        .replace('client = "oilco"', 'client = "x"')
    )
    faults = _faults(tmp_path, text)
    names = ["agi.port", "service[0].client", "service[0].wait_limit", "agent[0].phone"]
    assert [fault.key for fault in faults] == names
    line = _line("[[service]]", "wait_limit")
    file = tmp_path / "petrol.toml"
    assert str(faults[2]) == (
        f'{file}:{line}: service[0].wait_limit: found "abc", '
        "allowed: a whole number of seconds from 1 to 7200"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[agi]\nport = \n", 2),
        ("a = 'x\n", 1),
        ("a = 1\n\nb", 3),
        ('a = "\x00"', 1),
        ("[agi\n", 1),
        ("a = 1\na.b = 2\n", 2),
        ("a = [1,\n\n", 2),
        ("x = 2026-99-99", 1),
    ],
)
def test_what_is_no_toml_is_named(tmp_path: Path, text: str, line: int) -> None:
    [fault] = _faults(tmp_path, text)
    assert fault.line == line


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_what_no_reader_can_hold_is_refused(tmp_path: Path, text: str) -> None:
    [fault] = _faults(tmp_path, text)
    assert fault.key == "the file"


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'name = "J\xe4rvi"')
    for path, found in [
        (tmp_path / "missing.toml", "No such file"),
        (tmp_path, "Is a directory"),
        (latin, "byte 0xe4"),
    ]:
        with pytest.raises(FaultyConfig, match=found) as caught:
            load(path)
        assert str(path) in str(caught.value)


class TestSecretFiles:
    """secret_file and token_file."""

    PLACES = (("[agi]", "secret"), ("[http]", "token"), ("[[node]]", "secret"))

    def _file(self, tmp_path: Path, content: bytes = SECRET.encode(), mode: int = 0o600) -> None:
        file = tmp_path / "secret"
        file.write_bytes(content)
        file.chmod(mode)

    def _with_file(self, header: str, key: str, name: str = "secret") -> str:
        text = _text(header, key, [f'# {key} = ""'])
        start = text.index(header)
        return text[:start] + text[start:].replace(f'{key}_file = ""', f'{key}_file = "{name}"', 1)

    @pytest.mark.parametrize(("header", "key"), PLACES)
    def test_is_read(self, tmp_path: Path, header: str, key: str) -> None:
        self._file(tmp_path, b"from-the-file\n", 0o640)
        file = tmp_path / "petrol.toml"
        file.write_text(self._with_file(header, key))
        config = load(file)
        secrets: list[Any] = [config.agi.secret, config.http.token, config.nodes[0].secret]
        assert [s.get_secret_value() for s in secrets].count("from-the-file") == 1

    def test_a_dsn_is_read(self, tmp_path: Path) -> None:
        self._file(tmp_path, b"postgresql://u:from-the-file@h/db\n")
        file = tmp_path / "petrol.toml"
        file.write_text(self._with_file("[database]", "dsn"))
        assert load(file).database.dsn.get_secret_value() == "postgresql://u:from-the-file@h/db"

    @pytest.mark.parametrize(("header", "key"), PLACES)
    @pytest.mark.parametrize("mode", [0o644, 0o602])
    def test_others_may_not_read_it(self, tmp_path: Path, header: str, key: str, mode: int) -> None:
        self._file(tmp_path, mode=mode)
        [fault] = _faults(tmp_path, self._with_file(header, key))
        assert fault.line == _line(header, f"{key}_file")
        assert f"chmod g+r,o= {tmp_path / 'secret'}" in fault.allowed

    @pytest.mark.parametrize(
        ("content", "allowed"),
        [(b"x" * 5000, "4096 bytes"), (b"\xff\xfe", "UTF-8"), (b"a\nb\n", "characters"), (b"", "")],
    )
    def test_must_hold_a_secret(self, tmp_path: Path, content: bytes, allowed: str) -> None:
        self._file(tmp_path, content)
        [fault] = _faults(tmp_path, self._with_file("[agi]", "secret"))
        assert allowed in fault.allowed

    @pytest.mark.timeout(30)
    def test_must_be_a_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe", 0o600)  # who reads one waits until somebody writes
        for name in (".", "missing", "pipe", "~nosuchuser/x"):
            [fault] = _faults(tmp_path, self._with_file("[agi]", "secret", name))
            assert fault.key == "agi.secret_file"

    def test_not_both(self, tmp_path: Path) -> None:
        self._file(tmp_path)
        text = _text("[agi]", "secret_file", ['secret_file = "secret"'])
        [fault] = _faults(tmp_path, text)
        assert (fault.key, fault.found) == ("agi.secret_file", '"secret"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            {(None, "agi", "nothing"), (None, "http", "nothing"), (None, "node", "nothing")},
        ),
        ("agi = 5\nnode = []", {(1, "agi", "5"), (2, "node", "an empty list")}),
        (f'agi = "{SECRET}"', {(1, "agi", "a text")}),
        ('\n[node]\nname = "a"', {(2, "node", "a table")}),
        ("[[agi]]\n[[node]]\n[[node]]", {(1, "agi", "a list"), (3, "node[1].name", "nothing")}),
        ("service = [1, {}]", {(1, "service[0]", "1"), (1, "service[1].dids", "nothing")}),
        ("[[agent]]\nqueues = {}\n", {(2, "agent[0].queues", "a table")}),
        ('"a\\nb" = 1\n', {(1, "a\\nb", "a key that is not known here")}),
        ("[" + ".".join("a" * 3000) + "]", set()),
    ],
)
def test_tables_that_are_none(
    tmp_path: Path, text: str, expected: set[tuple[int | None, str, str]]
) -> None:
    assert expected <= {(f.line, f.key, f.found) for f in _faults(tmp_path, text)}
