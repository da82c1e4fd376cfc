"""``ccgateway`` and ``python -m ccgateway``."""

from __future__ import annotations

import sys

from ccgateway.cli.arguments import fault_in
from ccgateway.cli.common import WRONG_CONFIG, err
from ccgateway.cli.main import app
from ccgateway.cli.terminal import say_what_can_be_said


def main() -> None:
    """The console script."""
    say_what_can_be_said()
    if fault := fault_in(sys.argv[1:]):
        err.print(fault, style="red", highlight=False, soft_wrap=True)
        sys.exit(WRONG_CONFIG)
    app()


if __name__ == "__main__":
    main()
