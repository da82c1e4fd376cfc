"""The running gateway, for commands that ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.cli.common import read
from ccgateway.web.client import Client

UrlOption = Annotated[
    str,
    typer.Option(
        "--url",
        help="The gateway's address, where it is not the TOML file's, as http://host:8070.",
        show_default=False,
    ),
]


@asynccontextmanager
async def client_of(config: Path, url: str) -> AsyncIterator[Client]:
    """A client of the gateway that the configuration (address, token) or ``url`` names."""
    http = read(config).http
    address = url or f"http://{http.listen}:{http.port}"
    async with Client(address, http.token.get_secret_value()) as client:
        yield client
