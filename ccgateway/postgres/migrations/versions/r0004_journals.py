"""Journals: what they tell, how far they were read; gaps."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


_BACK = """
DELETE FROM tokens WHERE role = 'shipper';
ALTER TABLE tokens
    DROP CONSTRAINT tokens_role_check,
    ADD CONSTRAINT tokens_role_check CHECK (role IN ('agent', 'supervisor', 'administrator'));
"""


def upgrade() -> None:
    """Run the file of the same name."""
    _run(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """The release before knows no shippers, and who ships to it nobody is; at all else that is new
    it does not look."""
    _run(_BACK)


def _run(statements: str) -> None:
    """By the driver itself: SQLAlchemy would prepare them, and then they must be one."""
    adapted = op.get_bind().connection.dbapi_connection
    assert adapted is not None  # noqa: S101 - alembic runs on an open connection
    adapted.run_async(lambda driver: driver.execute(statements))
