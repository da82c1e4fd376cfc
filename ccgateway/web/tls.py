"""TLS of our own, where no proxy does it."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from ccgateway.config import HttpSettings
from ccgateway.errors import ConfigError

_FIRST = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def context_of(settings: HttpSettings, table: str) -> ssl.SSLContext | None:
    """For the server, None without TLS; ``table``: where the settings stand. Raises ConfigError
    where certificate and key do not fit or cannot be read."""
    if not settings.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _take(context, settings, table)
    return context


def renew(context: ssl.SSLContext, settings: HttpSettings, table: str) -> None:
    """Take what is in the files now, for the connections to come: certificates run out. Raises as
    ``context_of``, and the context is as before."""
    context_of(
        settings, table
    )  # one that does not fit its key must not get into the one that serves
    _take(context, settings, table)


def _take(context: ssl.SSLContext, settings: HttpSettings, table: str) -> None:
    try:
        # A key with a password would be asked for at the terminal: none is there.
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=lambda: "")
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"{table}.tls_cert, {table}.tls_key: they are to be a certificate with its chain, and "
            f"its key without a password, both in PEM ({error})"
        ) from error


def trusting(certificate: str) -> ssl.SSLContext:
    """For a client on this machine: it trusts this very certificate, whoever signed it and
    whichever name it bears. Raises OSError."""
    # The first in the file: what follows signed it, and others that are nothing to us.
    first = _FIRST.search(Path(certificate).read_bytes())
    if first is None:
        raise ssl.SSLError(f"{certificate} holds no certificate")
    context = ssl.create_default_context(cadata=first.group().decode("ascii", "replace"))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context
