"""The root file systems of the rig's Asterisk lie side by side in the cache; making one is not
tried here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccgateway.rig import cache, installs, packages, rootfs
from ccgateway.rig.errors import RigError
from ccgateway.rig.progress import silent


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The suites they were made of, in their order. The install script is ``tmp_path/script``."""
    suites: list[str] = []

    def build(_script: Path, suite: str, target: Path, _progress: object) -> None:
        suites.append(suite)
        (target / "etc").mkdir(parents=True)

    script = tmp_path / "script"
    script.write_text("one")
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    monkeypatch.setattr(rootfs, "shipped", lambda _: script)
    monkeypatch.setattr(rootfs, "_build", build)
    monkeypatch.setattr(packages, "ensure", lambda *_: None)
    return suites


def test_another_version_takes_none_away(tmp_path: Path, made: list[str]) -> None:
    """Each is made once, and anew after its script has changed: then its own old one goes."""
    new, old = rootfs.ensure(silent), rootfs.ensure(silent, "debian11")
    assert (rootfs.ensure(silent), rootfs.ensure(silent, "debian11")) == (new, old)
    assert made == ["sid", "bullseye"]

    (tmp_path / "script").write_text("two")
    again = rootfs.ensure(silent, "debian11")
    assert {path.name for path in tmp_path.glob("*-*")} == {new.name, again.name}


def test_the_environment_chooses(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCGATEWAY_RIG_ASTERISK", "debian11")
    installs.choose(installs.chosen(), silent)
    monkeypatch.setenv("CCGATEWAY_RIG_ASTERISK", "")
    installs.choose(installs.chosen(), silent)
    assert made == ["bullseye", "sid"]


def test_an_unknown_one_is_refused() -> None:
    with pytest.raises(RigError, match="allowed are rootfs, debian11, installed and docker"):
        installs.choose("debian10", silent)
