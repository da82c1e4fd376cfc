"""Where the files are that go with the package and are no Python: the dialplan, the configuration
for Asterisk, the systemd unit. In a checkout they stand beside the package; a wheel puts them into
``share/ccgateway`` of the place that it is installed to (``data-files`` in pyproject.toml)."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

from ccgateway.errors import CcgError

BESIDE = Path(__file__).resolve().parents[1]
SHARE = "share/ccgateway/"


class NotShipped(CcgError):
    """A file of ccgateway's own is missing in this installation."""


def shipped(name: str) -> Path:
    """The file or folder ``name``, as the repository calls it: ``dialplan``,
    ``asterisk-config/guest``. Raises NotShipped."""
    path = _home() / name
    if not path.exists():
        raise NotShipped(
            f"{path} is missing: this installation is not whole; install ccgateway again, from its "
            "wheel or its checkout"
        )
    return path


@cache
def _home() -> Path:
    """The folder that they stand in. Where that is after an installation only pip's own list of
    files tells: in a virtual environment, for one user, or for all."""
    if (BESIDE / "pyproject.toml").is_file():
        return BESIDE
    for file in _installed():
        _, share, inside = str(file).partition(SHARE)
        if share:
            return Path(str(file.locate())).resolve().parents[inside.count("/")]
    return BESIDE


def _installed() -> list[metadata.PackagePath]:
    try:
        return metadata.files("ccgateway") or []
    except metadata.PackageNotFoundError:
        return []
