"""The key that signs browsers' sessions: made once, for nobody's eyes, and kept."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ccgateway.errors import ConfigError
from ccgateway.state_dir import KEY, KEY_BYTES, kept_key


def test_it_is_kept(tmp_path: Path) -> None:
    first = kept_key(tmp_path)
    assert len(first) == KEY_BYTES
    assert kept_key(tmp_path) == first
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    (tmp_path / KEY).unlink()
    assert kept_key(tmp_path) != first


def test_who_start_at_the_same_moment_have_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has found that there is none yet."""
    monkeypatch.setattr(Path, "exists", lambda _: False)
    with ThreadPoolExecutor(8) as starts:
        keys = {*starts.map(kept_key, [tmp_path] * 64)}
    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == [KEY]


def test_half_of_one_is_told(tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(b"half")
    with pytest.raises(ConfigError, match=r"session\.key is damaged; delete it"):
        kept_key(tmp_path)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gateway\.state_dir"):
        kept_key(tmp_path / "missing")
