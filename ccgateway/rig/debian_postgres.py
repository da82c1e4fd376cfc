"""Debian 12's PostgreSQL 15, which the suite runs on beside the wheel's.

Where it is not installed, its packages are fetched by apt and unpacked into the cache: nothing is
installed, no cluster is made, no service started. It finds its share files relative to its own
program (PostgreSQL's make_relative_path); its libraries it finds by a wrapper's LD_LIBRARY_PATH.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ccgateway.rig import cache, packages
from ccgateway.rig.errors import RigError
from ccgateway.rig.progress import Progress

INSTALLED = Path("/usr/lib/postgresql/15/bin")
PACKAGES = ("postgresql-15", "postgresql-client-15")
FOLDER = "postgresql-15-"  # and the packages' version
COMPILER = "libllvm"
"""The JIT compiler's library is left out with what needs it (it is twice the size of all
the rest): where llvmjit.so is missing, the server goes on without."""

_WRAPPER = """\
#!/bin/sh
root=${{0%/*}}/..
LD_LIBRARY_PATH={libraries} exec "$root/{program}" "$@"
"""


def ensure(progress: Progress, installed: Path = INSTALLED) -> Path:
    """The folder of its programs: the installed one, else the unpacked one, made where it is
    missing. Parallel starters make it once. Raises RigError where it cannot be had."""
    if (installed / "postgres").exists():
        return installed
    home = cache.folder()
    if not _cached(home):
        with cache.one_at_a_time(home / f"{FOLDER}lock"):
            if not _cached(home):
                _make(home, progress)
    return _cached(home)[-1]


def _cached(home: Path) -> list[Path]:
    return sorted(path.parent for path in home.glob(f"{FOLDER}*/bin/postgres"))


def _make(home: Path, progress: Progress) -> None:
    missing = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        raise RigError(
            f"PostgreSQL 15 is neither in {INSTALLED} nor to be had as a package of Debian 12: "
            f"this machine has no {' and no '.join(missing)}"
        )
    progress("fetching Debian's PostgreSQL 15 (about 18 MB, once)", 10)
    folder = home / f"half-{FOLDER}made"
    shutil.rmtree(folder, ignore_errors=True)  # of a start that was killed
    tree = folder / "tree"
    tree.mkdir(parents=True)
    version = _unpack(folder, tree)
    _wrap(tree)
    _check(tree / "bin")
    tree.rename(home / f"{FOLDER}{version}")
    shutil.rmtree(folder)


def _unpack(folder: Path, tree: Path) -> str:
    """Unpack the packages, and the libraries that this machine lacks. Returns the version."""
    packages.download(PACKAGES, folder)
    libraries = packages.missing_libraries(PACKAGES, besides=COMPILER)
    if libraries:
        packages.download(libraries, folder)
    version = ""
    for deb in folder.glob("*.deb"):
        _tool("dpkg-deb", "-x", str(deb), str(tree))
        if deb.name.startswith(f"{PACKAGES[0]}_"):
            version = _tool("dpkg-deb", "-f", str(deb), "Version").strip()
    compiler = tree / "usr/lib/postgresql/15/lib"
    (compiler / "llvmjit.so").unlink()
    shutil.rmtree(compiler / "bitcode")
    return version


def _wrap(tree: Path) -> None:
    """One wrapper for each program, in ``bin``; the tree may be moved as a whole."""
    folders = {path.parent.relative_to(tree) for path in tree.glob("**/*-linux-gnu*/*.so.*")}
    libraries = ":".join(f"$root/{folder}" for folder in sorted(folders))
    (tree / "bin").mkdir()
    for program in (tree / "usr/lib/postgresql/15/bin").iterdir():
        text = _WRAPPER.format(libraries=libraries, program=program.relative_to(tree))
        wrapper = tree / "bin" / program.name
        wrapper.write_text(text, encoding="utf-8")
        wrapper.chmod(0o755)


def _check(programs: Path) -> None:
    """That they start here: another release of Debian may have other libraries."""
    for name in ("postgres", "initdb"):
        _tool(str(programs / name), "--version")


def _tool(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigError(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
    return done.stdout
