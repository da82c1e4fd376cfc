"""What keeps us from being a guest here."""

from __future__ import annotations

from ccgateway.errors import ConfigError


class GuestFault(ConfigError):
    """Asterisk's configuration cannot be added to."""


class NoAsterisk(GuestFault):
    """There is no Asterisk here."""
