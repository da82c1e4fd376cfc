"""Asks the running Asterisk of this machine by its own command, ``asterisk -rx``."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil

from ccgateway.check.system import Console
from ccgateway.check.versions import Version
from ccgateway.errors import CcgError

SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where asterisk and chroot are; not on the PATH of who became root by ``su``."""

WITHIN = 10.0
"""Seconds for one command; it takes a tenth."""

_MODULE = re.compile(r"^(\S+\.so)\s.*(?<!Not )Running\b", re.MULTILINE)
_KEY = re.compile(r"^(\S+)\s+no def\s+\S+", re.MULTILINE)
_EVENT = re.compile(r"^CEL Tracking Event: (\w+)", re.MULTILINE)
_PERMISSION = re.compile(r"^\s*(read|write) perm:\s*(\S*)", re.MULTILINE)


class NoConsole(CcgError):
    """Asterisk's console cannot be asked."""


async def ask(console: str, usernames: list[str]) -> Console:
    """What it says. ``console`` is the command as a shell has it. Raises NoConsole."""
    version = await _rx(console, "core show version")
    modules = frozenset(_MODULE.findall(await _rx(console, "module show")))
    keys = frozenset(_KEY.findall(await _rx(console, "features show")))
    cel = frozenset(_EVENT.findall(await _rx(console, "cel show status")))
    users = {}
    for name in usernames:
        told = dict(_PERMISSION.findall(await _rx(console, f"manager show user {name}")))
        if told:
            users[name] = (_rights(told.get("read", "")), _rights(told.get("write", "")))
    return Console(Version.of(version.removeprefix("Asterisk")), modules, users, keys, cel)


def _rights(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) - {"", "<none>"}


async def _rx(console: str, command: str) -> str:
    words = [*shlex.split(console), "-rx", command]
    path = f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_PATH}"
    try:
        process = await asyncio.create_subprocess_exec(
            *[shutil.which(words[0], path=path) or words[0], *words[1:]],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PATH": path},
        )
    except OSError as error:
        raise NoConsole(f"{words[0]} cannot be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(WITHIN):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise NoConsole(f"{console} -rx '{command}' did not end within {WITHIN:g} s") from None
    text = out.decode(errors="replace").strip()
    if process.returncode:
        raise NoConsole(text.splitlines()[-1] if text else f"{console} failed")
    return text
