"""Files that are no TOML file of ours: refused at once, with what is wrong, and not read for ever.

The values of each key are tried in tests/unit/test_config_faults.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccgateway.config import Config, Fault, FaultyConfig, load
from ccgateway.config.load import LARGEST_FILE, MOST_FAULTS
from ccgateway.notify import Notifier
from ccgateway.reload import Reloader
from tests.hostile.conftest import CONFIG
from tests.hostile.texts import INJECTIONS


def faults_of(file: Path) -> list[Fault]:
    """What is wrong with it, each on a line that does nothing to a terminal."""
    with pytest.raises(FaultyConfig) as caught:
        load(file)
    assert all(line.isprintable() for line in str(caught.value).split("\n"))
    return caught.value.faults


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    with file.open("wb") as sparse:
        sparse.truncate(100 * LARGEST_FILE)
    [fault] = faults_of(file)
    assert fault.found == f"{100 * LARGEST_FILE} bytes"
    assert f"{LARGEST_FILE} bytes at most" in fault.allowed


@pytest.mark.timeout(30)
def test_what_has_no_end_or_no_beginning_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", Path("/dev/zero")):
        [fault] = faults_of(file)
        assert fault.found == "a pipe or a device"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "[[agent]]\n" * 50_000,
        "".join(f"a{number} = 1\n" for number in range(50_000)),
        "[[service]]\ndids = [" + '"x",' * 50_000 + "]",
        '[[queue]]\nname = "q"\n' * 20_000,
        "a.b" * 50_000 + " = 1",
    ],
    ids=["tables", "keys", "list", "doubles", "dots"],
)
def test_of_very_many_faults_the_first_are_told(tmp_path: Path, text: str) -> None:
    """In time that grows with the file's size, not with its square: a reload must not take the
    running gateway's processor for an hour."""
    file = tmp_path / "c.toml"
    file.write_text(text)
    assert 1 <= len(faults_of(file)) <= MOST_FAULTS + 1


@settings(max_examples=150, derandomize=True, database=None)
@given(
    st.lists(
        st.sampled_from(["[", "]", "[[agent]]", "agi", ".", "=", '"', "'''", "\n", "{", "}", ","])
        | st.sampled_from(list(INJECTIONS.values()))
        | st.text(max_size=5),
        max_size=30,
    )
)
def test_no_text_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes("".join(parts).encode("utf-8", "surrogatepass"))
    assert faults_of(file)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("agi-agi-agi", "hunt\u00e92"),
        ("ami-ami-ami", "hunter2\\u0000"),
        ("test-token", "hunter2"),
        ("postgresql:///x", "hunter2"),
        ("postgresql:///x", "http://u:hunter2@x/y"),
    ],
)
def test_a_wrong_secret_is_not_shown(tmp_path: Path, right: str, wrong: str) -> None:
    """Faults are logged, and sent to whoever helps."""
    file = tmp_path / "c.toml"
    text = CONFIG.format(token="test-token", dsn="postgresql:///x", state=tmp_path, port=1)
    file.write_text(text.replace(right, wrong))
    [fault] = faults_of(file)
    assert "hunt" not in str(fault)


EVIL = {
    "too long": ("[gateway]", "#" * (LARGEST_FILE + 1) + "\n[gateway]"),
    "too many": ("[[agent]]", "[[agent]]\n" * 5_000),
    "control characters": ("Hot line", "a\\u0000b\\u001b[2J"),
    "marks of direction": ("Hot line", "Hot \u202eline"),
    "no UTF-8": ("Hot line", "\udcff\udcfe"),
    "deep": ("[gateway]", f"x = {'[' * 10_000}\n[gateway]"),
    "wrong types": ('dids = ["1000"]', "dids = [[], 2]"),
    **{name: ("stations", json.dumps(text)[1:-1]) for name, text in INJECTIONS.items()},
}
"""What stands in a right file, and what instead. JSON's way to write a text is TOML's, too."""


@pytest.mark.parametrize("name", EVIL)
async def test_at_a_reload_the_old_one_stays(tmp_path: Path, name: str) -> None:
    """Calls go on by it, and the next file that is right is taken."""
    file, runs = tmp_path / "c.toml", list[Config]()
    right = CONFIG.format(token="test-token", dsn="postgresql:///x", state=tmp_path, port=1)
    file.write_text(right)
    reloader = Reloader(
        file, load(file), lambda new: new, lambda new, _: runs.append(new), Notifier({})
    )
    file.write_bytes(right.replace(*EVIL[name]).encode("utf-8", "surrogateescape"))
    with pytest.raises(FaultyConfig):
        await reloader.reload()
    assert runs == []
    file.write_text(right.replace("stations", "counter"))
    assert await reloader.reload()
    assert [[queue.name for queue in config.queues] for config in runs] == [["counter"]]
