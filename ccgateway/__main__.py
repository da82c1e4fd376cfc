"""``ccgateway`` and ``python -m ccgateway``."""

from __future__ import annotations

from ccgateway.cli.main import app


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
