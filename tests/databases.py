"""A PostgreSQL of a test's own, in a third of the time: its data folder, with our schema, is made
once a process, and copied."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp

from ccgateway.postgres import cluster
from ccgateway.postgres.cluster import Access
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.migrate import migrate

_models: dict[Path | None, Path] = {}
"""By the PostgreSQL that made it."""


async def lay_down(data_dir: Path, binaries: Path | None = None, port: int = 0) -> None:
    """Make ``data_dir``, as one that a server had, which was stopped in order. ``port``: where it
    listened, and will again; 0: anywhere."""
    if binaries not in _models:
        _models[binaries] = await _model(binaries)
    await asyncio.to_thread(_copy, _models[binaries], data_dir, port)


def _copy(model: Path, data_dir: Path, port: int) -> None:
    subprocess.run(["cp", "--archive", str(model), str(data_dir)], check=True)
    cluster.write_access(data_dir, Access(cluster.read_access(model).password, port))


async def _model(binaries: Path | None) -> Path:
    data_dir = _folder() / "data"
    server = await EmbeddedServer.start(
        data_dir, die_with_parent=True, binaries=binaries, fast=True
    )
    await migrate(server.dsn)
    await server.stop()
    return data_dir


def _folder() -> Path:
    """Until the end of the process; others may enter: PostgreSQL may have to run as nobody."""
    folder = Path(mkdtemp(prefix="ccgateway-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)
    return folder
