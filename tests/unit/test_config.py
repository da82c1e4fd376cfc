"""The configuration as its readers get it."""

from __future__ import annotations

import re
from datetime import date, time
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

import ccgateway.config
from ccgateway.config import Config, FaultyConfig, load
from ccgateway.config.tables import AgentSettings, MessagesTable, ServiceTable, TargetTable
from ccgateway.routing.service import MESSAGE, Messages
from ccgateway.routing.tier import OnCall, Target
from ccgateway.routing.week import Hours

EXAMPLE = Path(ccgateway.config.__file__).parent / "example.toml"
LEAST = """
[agi]
secret = "agi-secret"
[http]
token = "http-token"
[[node]]
name = "pbx1"
secret = "x"
"""


@pytest.fixture
def example(tmp_path: Path) -> Config:
    return load(_own(tmp_path))


def _own(tmp_path: Path, replaced: str = "", by: str = "") -> Path:
    """The example with secrets of one's own, as its head tells to do."""
    file = tmp_path / "own.toml"
    file.touch(mode=0o640)
    file.write_text(EXAMPLE.read_text().replace("change-me", "my-own").replace(replaced, by))
    return file


def test_the_example_is_valid(example: Config) -> None:
    service = example.services[0]
    assert (service.id, service.client, service.queue) == ("hotline", "oilco", "stations")
    assert service.dids == ("+358942454000", "1000")
    assert service.timezone == ZoneInfo("Europe/Helsinki")
    assert service.hours == (
        Hours(frozenset({0, 1, 2, 3, 4}), time(8), time(16)),
        Hours(frozenset({5}), time(10), time(14)),
    )
    assert service.holidays == {date(2026, 12, 25): "Christmas Day", date(2026, 12, 26): ""}
    assert service.overflow == MESSAGE
    assert service.messages == Messages()
    assert example.clients[0].blocked == ("+358100*", "+358401112223")
    assert example.agents[0].phone == "PJSIP/101"
    assert example.agi.allow == (ip_network("127.0.0.1/32"),)
    assert example.gateway.state_dir == Path("~/.local/state/ccgateway").expanduser()


def test_the_examples_secrets_are_refused() -> None:
    with pytest.raises(FaultyConfig) as caught:
        load(EXAMPLE)
    found = {fault.key: (fault.found, fault.allowed) for fault in caught.value.faults}
    asked = ("(hidden)", "your own secret, not the example's (change-me...)")
    assert found == dict.fromkeys(("agi.secret", "http.token", "node[0].secret"), asked)


IN_FILES = LEAST.replace('secret = "', 'secret_file = "').replace('token = "', 'token_file = "')


@pytest.mark.parametrize(
    ("text", "mode", "warned"),
    [
        (LEAST, 0o644, True),
        (LEAST, 0o662, True),
        (LEAST, 0o640, False),
        (IN_FILES, 0o644, False),
        (IN_FILES + '[database]\ndsn = "postgresql://db/ccg"\n', 0o644, False),
        (IN_FILES + '[database]\ndsn = "postgresql://me:pw@db/ccg"\n', 0o644, True),
    ],
)
def test_a_file_that_shows_its_secrets_is_warned_of(
    tmp_path: Path, text: str, mode: int, warned: bool
) -> None:
    for name in ("agi-secret", "http-token", "x"):
        secret = tmp_path / name
        secret.write_text(f"{name}-in-a-file")
        secret.chmod(0o600)
    file = tmp_path / "least.toml"
    file.write_text(text)
    file.chmod(mode)
    warnings = load(file).warnings
    assert len(warnings) == warned
    assert all(f"chmod g+r,o= {file}" in warning for warning in warnings)


def test_the_example_shows_every_key(example: Config) -> None:
    text = EXAMPLE.read_text()
    settings = (example.log, example.database, example.agi, example.http, example.nodes[0])
    lines = (ServiceTable, TargetTable, MessagesTable, AgentSettings)
    for fields in [*(type(t).model_fields for t in settings), *(t.model_fields for t in lines)]:
        for key in fields:
            assert re.search(rf"\b{key}\b", text), key


def test_the_examples_lines(example: Config) -> None:
    service = example.services[0]
    assert service.targets == (
        Target("pumps", 2, 2, queue="second-pumps", limit=30, then="vendor"),
        Target(
            "vendor",
            3,
            3,
            on_call=(
                OnCall("+358942454900", (Hours(frozenset(range(5)), time(8), time(16)),)),
                OnCall("+358942454901"),
            ),
            limit=20,
        ),
    )
    assert (service.own_numbers, service.outbound_prefix) == (("+358942454000",), "10")
    assert (service.countries, service.allow_premium) == ((), False)
    assert not example.agents[0].auto_answer


def test_a_number_on_call_is_of_the_services_country(tmp_path: Path) -> None:
    file = _own(tmp_path, '"+358942454900 mon-fri 08:00-16:00"', '"0942454900 sat 10:00-12:00"')
    [on_call, _] = load(file).services[0].targets[1].on_call
    assert on_call == OnCall("+358942454900", (Hours(frozenset({5}), time(10), time(12)),))


def test_little_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "least.toml"
    file.write_text(LEAST)
    config = load(file)
    node = config.nodes[0]
    assert (node.host, node.port, node.username, node.tls) == (
        "127.0.0.1",
        5038,
        "ccgateway",
        False,
    )
    assert (config.agi.port, config.http.port, config.log.level) == (4573, 8070, "info")
    assert config.gateway.state_dir.is_absolute()
    assert config.pause.reasons == ("break", "lunch", "training", "admin")


@pytest.mark.parametrize(
    ("written", "days", "opens", "closes"),
    [
        ("mon-sun 00:00-00:00", {0, 1, 2, 3, 4, 5, 6}, time(0), time(0)),
        ("sat,sun 22:00-00:00", {5, 6}, time(22), time(0)),
        ("Mon-Wed,Fri 08:30-16:45", {0, 1, 2, 4}, time(8, 30), time(16, 45)),
        ("  tue  07:00-08:00 ", {1}, time(7), time(8)),
    ],
)
def test_hours(tmp_path: Path, written: str, days: set[int], opens: time, closes: time) -> None:
    file = _own(tmp_path, '"mon-fri 08:00-16:00"', f'"{written}"')
    assert load(file).services[0].hours[0] == Hours(frozenset(days), opens, closes)


def test_paths_begin_where_the_file_is(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    file = tmp_path / "tls.toml"
    file.write_text(LEAST + 'tls = true\ntls_ca = "ca.pem"\n')
    assert load(file).nodes[0].tls_ca == str(tmp_path / "ca.pem")


def test_no_secret_is_shown(example: Config) -> None:
    shown = f"{example!r} {example}"
    for secret in ("my-own-agi", "my-own-http", "my-own-ami"):
        assert secret not in shown


def test_nothing_can_be_changed(example: Config) -> None:
    with pytest.raises(ValidationError):
        example.agi.port = 1
    with pytest.raises(AttributeError):
        example.log = example.log  # type: ignore[misc]  # that is the point
