"""How the product tells of the gaps: what a supervisor reads in the list of calls, and what a
program gets."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable

import aiohttp

from ccgateway.rig.chaos.house import House
from ccgateway.rig.errors import RigError

MARK = "-- gap --"
AT_MOST = "10000"  # calls, the most that the list takes
WIDE = "200"  # columns: a line a gap


async def told(house: House) -> list[str]:
    """The lines of ``ccgateway call list`` that tell of gaps, then ``/api/gaps`` as it is. Raises
    RigError where one of them does not answer."""
    return [*_lines(await _listed(house)), f"/api/gaps: {await _asked(house)}"]


async def _listed(house: House) -> str:
    config = str(house.gateway.config)
    words = ("call", "list", "--limit", AT_MOST, "--config", config)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ccgateway", *words),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"COLUMNS": WIDE},
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RigError(f"ccgateway call list ended with {process.returncode}")
    return out.decode()


def _lines(listed: str) -> Iterable[str]:
    return (f"call list: {line.strip()}" for line in listed.splitlines() if MARK in line)


async def _asked(house: House) -> str:
    headers = {"Authorization": f"Bearer {house.gateway.http_token}"}
    try:
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.get(f"{house.gateway.url}/api/gaps") as answer,
        ):
            return await answer.text()
    except aiohttp.ClientError as error:
        raise RigError(f"/api/gaps did not answer: {error}") from error
