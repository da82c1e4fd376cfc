"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# An example's time says more about the machine than about the code: no deadline.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
