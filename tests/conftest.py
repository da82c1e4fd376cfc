"""What holds for all tests."""

from __future__ import annotations

import signal

from hypothesis import settings

# A shell's background jobs ignore SIGINT, and so would the commands that tests press Ctrl-C at.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# An example's time says more about the machine than about the code: no deadline.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
