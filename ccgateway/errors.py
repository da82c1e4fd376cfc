"""The one root of our errors. A docstring's first line is the default message; the driver's own
error stays as ``__cause__``. Domain errors carry no HTTP or exit codes: the edges map them."""

from __future__ import annotations


class CcgError(Exception):
    """Something went wrong in ccgateway."""

    def __init__(self, message: str | None = None) -> None:
        default = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(message or default)


class ConfigError(CcgError):
    """The configuration is wrong."""


class Refused(CcgError):
    """The request was refused."""


class NumberRefused(Refused):
    """This number may not be called."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} {why}")
        self.why = why
        """The reason without the number, as logs may have it."""


class Forbidden(Refused):
    """The token does not allow this."""


class UnknownAgent(Refused):
    """No such agent in the configuration."""


class UnknownCall(Refused):
    """No such call is live."""


class UnknownNode(Refused):
    """No such node in the configuration."""


class PbxUnavailable(CcgError):
    """Asterisk cannot be reached over AMI."""


class ActionTimeout(PbxUnavailable):
    """Asterisk did not answer an AMI action in time; whether it was carried out is unknown."""


class ActionRefused(PbxUnavailable):
    """Asterisk refused an AMI action."""


class UnsafeText(Refused):
    """A value holds control characters, which must never reach Asterisk."""


class NoGateway(CcgError):
    """No gateway answers."""


class StoreUnavailable(CcgError):
    """PostgreSQL cannot be reached."""
