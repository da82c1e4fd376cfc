"""The command line, as people run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

WITHIN = 90.0  # seconds; on a busy machine Python alone takes ten to start


def run(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``ccgateway WORDS --config CONFIG``; a wide screen, so that lines are whole."""
    command = [sys.executable, "-m", "ccgateway", *words, "--config", str(config)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
        env={"COLUMNS": "200", "PATH": "/usr/bin:/bin", "HOME": str(config.parent)},
    )


def asked(config: Path, *words: str) -> Any:
    """What ``--json`` prints; the command must succeed."""
    done = run(config, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
