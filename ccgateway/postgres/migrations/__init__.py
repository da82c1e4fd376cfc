"""The schema's history: one SQL file a revision, and the few lines that alembic needs."""
