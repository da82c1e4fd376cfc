"""What a new file changes is told line by line, and what needs a restart stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccgateway import config
from ccgateway.config import Config
from ccgateway.config.changes import changes, merged

EXAMPLE = Path(config.__file__).with_name("example.toml").read_text(encoding="utf-8")


def loaded(folder: Path, *edits: tuple[str, str]) -> Config:
    """The example with secrets of its own, after these edits, each of which must fit once."""
    text = EXAMPLE.replace("change-me-", "our-own-")
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "ccgateway.toml"
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return config.load(file)


def told(folder: Path, *edits: tuple[str, str]) -> list[str]:
    return [str(change) for change in changes(loaded(folder), loaded(folder, *edits))]


def test_nothing_changed(tmp_path: Path) -> None:
    assert told(tmp_path, ("# One table an Asterisk", "# One table a PBX")) == []


NILS = '[[agent]]\nid = "111"\nname = "Nils"\nphone = "PJSIP/111"\nqueues = ["second-pumps"]\n'


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("wait_limit = 600", "wait_limit = 300", "[[service]] hotline wait_limit: 600 -> 300"),
        (NILS, "", "[[agent]] 111: removed"),
        ("# [web]", "[web]", "[web]: added (needs a restart)"),
        (
            'queues = ["stations"]',
            'queues = ["stations", "second-pumps"]',
            "[[agent]] 101 queues: [stations] -> [stations, second-pumps]",
        ),
        (
            '"sat 10:00-14:00"]',
            '"sun 10:00-00:00"]',
            ("[[service]] hotline hours: [mon-fri 08:00-16:00, sat 10:00-14:00] -> "
            "[mon-fri 08:00-16:00, sun 10:00-00:00]"),
        ),
        (
            ', "2026-12-26"]',
            "]",
            ("[[service]] hotline holidays: [2026-12-25 Christmas Day, 2026-12-26] -> "
            "[2026-12-25 Christmas Day]"),
        ),
        (
            "wait_limit = 30 ",
            "wait_limit = 45 ",
            "[[service]] hotline target pumps wait_limit: 30 -> 45",
        ),
        (
            '["+358942454900 mon-fri 08:00-16:00", "+358942454901"]',
            '["+358942454901"]',
            ("[[service]] hotline target vendor on_call: [+358942454900 mon-fri "
            "08:00-16:00, +358942454901] -> [+358942454901]"),
        ),
        (
            'greeting = ""',
            'greeting = "ccg/welcome"',
            '[[service]] hotline messages greeting: "" -> "ccg/welcome"',
        ),
        ('timezone = "Europe/Helsinki"', 'timezone = "Europe/Oslo"',
         '[[service]] hotline timezone: "Europe/Helsinki" -> "Europe/Oslo"'),
        ('"lunch", ', "", ("[pause] reasons: [break, lunch, training, admin] -> "
         "[break, training, admin]")),
        ('blocked = ["+358401112223", ', "blocked = [",
         "[[client]] oilco blocked: [+358100*, +358401112223] -> [+358100*]"),
        ('level = "info" ', 'level = "debug" ', '[log] level: "info" -> "debug"'),
        ("accept_anonymous = true", "accept_anonymous = false",
         "[[service]] hotline accept_anonymous: true -> false"),
        ('contexts = ["from-phones"]', "contexts = []",
         "[[node]] pbx1 contexts: [from-phones] -> []"),
        ('"our-own-agi"', '"another-secret"', "[agi] secret: changed"),
        ('"our-own-ami"', '"another-secret"',
         "[[node]] pbx1 secret: changed (needs a restart)"),
        ('dsn = ""', 'dsn = "postgresql://ccg:pa55word@db/ccg"',
         "[database] dsn: changed (needs a restart)"),
        ("port = 4573", "port = 4574", "[agi] port: 4573 -> 4574 (needs a restart)"),
        ('name = "pbx1"', 'name = "pbx2"', "[[node]] pbx1: removed (needs a restart)"),
    ],
)  # fmt: skip
def test_each_change_is_one_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    lines = told(tmp_path, (old, new))
    assert lines[0] == line
    assert len(lines) == (2 if "pbx2" in new else 1)  # the other is: added


def test_a_service_that_is_new_is_one_line_with_all_its_targets(tmp_path: Path) -> None:
    night = """
[[service]]
id = "night"
client = "oilco"
name = "Night"
dids = ["1007"]
queue = "stations"
timezone = "Europe/Helsinki"
own_numbers = ["+358942454000"]

[[service.target]]
name = "boss"
digit = 2
on_call = ["+358942454902"]

[[agent]]
id = "101" """
    edit = ('[[agent]]\nid = "101" ', night)
    assert told(tmp_path, edit) == ["[[service]] night: added"]


def test_what_needs_a_restart_stays_and_all_else_is_new(tmp_path: Path) -> None:
    old = loaded(tmp_path)
    new = loaded(
        tmp_path,
        ("port = 4573", "port = 4574"),
        ('"our-own-agi"', '"another-secret"'),
        ("port = 8070", "port = 8071"),
        ('"our-own-http"', '"another-token"'),
        ('dsn = ""', 'dsn = "postgresql://ccg:pa55word@db/ccg"'),
        ("port = 5038", "port = 5039"),
        ('contexts = ["from-phones"]', 'contexts = ["from-desks"]'),
        ("wait_limit = 600", "wait_limit = 300"),
    )
    runs = merged(old, new)
    assert (runs.agi.port, runs.agi.secret.get_secret_value()) == (4573, "another-secret")
    assert (runs.http.port, runs.http.token.get_secret_value()) == (8070, "another-token")
    assert (runs.nodes[0].port, runs.nodes[0].contexts) == (5038, ("from-desks",))
    assert runs.database == old.database
    assert runs.services[0].wait_limit == 300
    left = changes(runs, new)
    assert {change.where for change in left} == {
        "[agi] port", "[http] port", "[database] dsn", "[[node]] pbx1 port",
    }  # fmt: skip
    assert all(change.restart for change in left)


def test_the_way_from_other_machines_is_changed_as_a_whole(tmp_path: Path) -> None:
    """Without the old proxies, and TLS not there yet, nobody would be let in."""
    old = loaded(tmp_path, ("proxies = []", 'proxies = ["10.0.0.2"]'))
    plain = loaded(tmp_path, ("plain = false", "plain = true"))
    assert merged(old, plain).http == old.http
    assert [str(change) for change in changes(old, plain)] == [
        "[http] proxies: [10.0.0.2/32] -> [] (needs a restart)",
        "[http] plain: false -> true (needs a restart)",
    ]
    elsewhere = loaded(tmp_path, ("proxies = []", 'proxies = ["10.0.0.3"]'))
    assert merged(old, elsewhere).http == elsewhere.http
    assert not any(change.restart for change in changes(old, elsewhere))


def test_no_secret_is_told(tmp_path: Path) -> None:
    lines = told(
        tmp_path,
        ('"our-own-agi"', '"another-secret"'),
        ('"our-own-http"', '"another-secret"'),
        ('"our-own-ami"', '"another-secret"'),
        ('dsn = ""', 'dsn = "postgresql://ccg:pa55word@db/ccg"'),
    )
    assert len(lines) == 4
    assert not [line for line in lines if "our-own" in line or "another" in line or "pa55" in line]
