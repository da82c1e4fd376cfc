"""What can go wrong while the simulated world is set up."""

from __future__ import annotations

from ccgateway.errors import CcgError


class RigError(CcgError):
    """The simulated world cannot be set up."""
