"""The running gateway, for commands that ask it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.cli.common import read
from ccgateway.config import WebSettings
from ccgateway.errors import ConfigError
from ccgateway.web.client import Client
from ccgateway.web.tls import trusting

UrlOption = Annotated[
    str,
    typer.Option(
        "--url",
        help="The gateway's address, where it is not the TOML file's, as http://host:8070.",
        show_default=False,
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help="A file that holds a token, in place of the TOML file's. With --url no TOML file is "
        "read: so from another machine.",
        show_default=False,
    ),
]


@asynccontextmanager
async def client_of(
    config: Path, url: str, token_file: Path | None = None
) -> AsyncIterator[Client]:
    """A client of the gateway that the configuration (address, token) names, or ``url`` and
    ``token_file`` in its place. Raises ConfigError."""
    tls = None
    if url and token_file:
        address, token = url, _token_in(token_file)
    else:
        http = read(config).http
        address = url or address_of(http)
        token = _token_in(token_file) if token_file else http.token.get_secret_value()
        if http.tls_cert and not url:
            tls = _trusting(http.tls_cert)
    async with Client(address, token, tls) as client:
        yield client


def address_of(http: WebSettings) -> str:
    """Where what listens by this table is reached from this machine."""
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound to: asked about
    host = own.get(http.listen, http.listen)
    scheme = "https" if http.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{http.port}"


def _trusting(certificate: str) -> ssl.SSLContext:
    try:
        return trusting(certificate)
    except OSError as error:
        raise ConfigError(f"http.tls_cert: {certificate} cannot be read ({error})") from error


def _token_in(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--token-file: {file} cannot be read ({error})") from error
    if not token.isascii() or not token.isprintable() or not token:
        raise ConfigError(f"--token-file: {file} is to hold a token, on one line, and no more")
    return token
