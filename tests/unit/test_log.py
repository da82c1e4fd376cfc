"""What gets into the log, and what never does."""

from __future__ import annotations

import io
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from ccgateway import log
from ccgateway.cli.main import app
from ccgateway.config import Config, load
from ccgateway.telephony.facts import PERSONAL

SECRET = "hunter2-hunter2"
OPEN = """
agi.secret = "agi-secret"
http.token = "http-token"
[[node]]
name = "pbx1"
secret = "x"
"""


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    log.configure("json", "info", stream)
    log.redact(SECRET)
    return stream


def _read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_is_bound_to_its_call(lines: io.StringIO) -> None:
    with log.bound_contextvars(call_id="c1", node="pbx1"):
        structlog.get_logger("ami").info("answered", wait=1.5)
    structlog.get_logger("ami").info("later")
    answered, later = _read(lines)
    assert answered.pop("timestamp").endswith("Z")
    assert answered == {
        "event": "answered",
        "wait": 1.5,
        "call_id": "c1",
        "node": "pbx1",
        "level": "info",
        "logger": "ami",
    }
    assert "call_id" not in later


def test_libraries_go_the_same_way(lines: io.StringIO) -> None:
    with log.bound_contextvars(node="pbx1"):
        logging.getLogger("panoramisk").warning("login as %s with %s", "x", SECRET)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    login, old = _read(lines)
    assert (login["event"], login["node"]) == ("login as x with [secret]", "pbx1")
    assert "DeprecationWarning: old" in old["event"]


def test_the_level_counts(lines: io.StringIO) -> None:
    structlog.get_logger().debug("no")
    logging.getLogger("aiohttp").debug("no")
    assert not lines.getvalue()


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("number", "+358401234567", "+35840•••••67"),
        ("caller_number", "0401234567", "040•••••67"),
        ("caller", "101", "•••••"),
        ("CallerIDNum", "+358401234567", "+35840•••••67"),
        ("caller_name", "Anna Virtanen", "A•••••"),
        ("name", "", ""),
        ("number", None, ""),
        ("queue", "stations", "stations"),
    ],
)
def test_persons_are_masked(lines: io.StringIO, key: str, value: str, shown: str) -> None:
    structlog.get_logger().info("call", **{key: value}, deep=[{key: value}])
    [line] = _read(lines)
    assert line[key] == shown
    assert line["deep"] == [{key: shown}]


def test_keys_of_secrets_are_dropped(lines: io.StringIO) -> None:
    structlog.get_logger().info("x", secret="a", Token="b", deep={"password": "c", "port": 1})
    [line] = _read(lines)
    assert not {"secret", "Token"} & set(line)
    assert line["deep"] == {"port": 1}


def _fail(error: Exception, cause: Exception | None = None) -> None:
    raise error from cause


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_never_gets_out(form: Any) -> None:
    stream = io.StringIO()
    log.configure(form, "info", stream)
    log.redact(SECRET)
    logger = structlog.get_logger()
    text = f"it is {SECRET}"
    logger.info(text, x=SECRET, y=[f"<{SECRET}>"], z={SECRET: 1}, e=OSError(SECRET))
    try:
        _fail(OSError(f"failed: {SECRET}"), ValueError(SECRET))
    except OSError:
        logger.exception("oops")
        logging.getLogger("asyncpg").exception("oops")
    assert SECRET not in stream.getvalue()
    assert stream.getvalue().count("OSError: failed: [secret]") == 2


def test_loading_a_configuration_makes_its_secrets_known(
    tmp_path: Path, lines: io.StringIO
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        '[agi]\nsecret = "agi-agi-agi"\n[http]\ntoken = "http-http"\n[[node]]\nname = "a"\n'
        'secret = "ami ami"\n[database]\ndsn = "postgresql://u:p%40ss@h/db"\n'
    )
    load(file)
    structlog.get_logger().info("agi-agi-agi http-http ami ami p@ss postgresql://u:p%40ss@h/db")
    [line] = _read(lines)
    assert line["event"] == " ".join(["[secret]"] * 5)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\r\nevil", r"a\r\nevil"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\x00b\x9b", r"a\x00b\x9b"),
        ("\u202eabc\u2028", r"\u202eabc\u2028"),
        ("Järvi ☎", "Järvi ☎"),
        ("\ud800", r"\ud800"),
    ],
)
def test_a_value_stays_on_its_line(hostile: str, shown: str) -> None:
    assert log.plain(hostile) == shown
    stream = io.StringIO()
    log.configure("console", "info", stream)
    structlog.get_logger().info(hostile, x=hostile, y={hostile: [hostile]})
    logging.getLogger("x").info("%s", hostile)
    first, second = stream.getvalue().split("\n")[:-1]
    assert first.count(shown) >= 2
    assert shown in second
    assert first.isprintable()


def test_an_exceptions_text_cannot_pass_for_a_line() -> None:
    stream = io.StringIO()
    log.configure("console", "info", stream)
    try:
        _fail(ValueError("a\n2026-11-22T06:11:02Z [info] all is well \x1b[0m"))
    except ValueError:
        structlog.get_logger().exception("oops")
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if line.startswith("2026")] == [lines[0]]
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("key", PERSONAL)
def test_what_a_fact_tells_of_a_person_is_masked(lines: io.StringIO, key: str) -> None:
    structlog.get_logger().info("a fact", detail={key: "+358401112223"})
    assert "401112223" not in lines.getvalue()


def test_run_tells_the_warnings_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "open.toml"
    file.write_text(OPEN)
    file.chmod(0o644)

    async def serve(config: Config, path: Path) -> None:
        assert config.warnings
        assert path == file

    monkeypatch.setattr("ccgateway.app.serve", serve)
    told = CliRunner().invoke(app, ["run", "--config", str(file)])
    assert told.exit_code == 0
    assert f"chmod g+r,o= {file}" in told.stderr
    assert told.stdout == ""
