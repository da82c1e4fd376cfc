"""Access: tokens, and the audit of what was done with them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the file of the same name. The driver itself takes it: a prepared statement, which is
    what SQLAlchemy makes, holds one statement only."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    adapted = op.get_bind().connection.dbapi_connection
    assert adapted is not None  # noqa: S101 - alembic runs on an open connection
    adapted.run_async(lambda driver: driver.execute(statements))


def downgrade() -> None:
    """Nothing is taken away: the release before does not look at these tables."""
