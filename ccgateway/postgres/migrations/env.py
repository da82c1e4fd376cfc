"""What alembic loads for a run: it takes the connection, in its transaction, from ``migrate``."""

from __future__ import annotations

from alembic import context
from alembic.runtime.migration import MigrationInfo


def _note(ctx: object, step: MigrationInfo, heads: object, run_args: object) -> None:
    """Called by alembic after each revision, with exactly these names."""
    context.config.attributes["applied"].append(step.up_revision_id)


context.configure(connection=context.config.attributes["connection"], on_version_apply=_note)
with context.begin_transaction():
    context.run_migrations()
