"""PostgreSQL: the server of our own where none is given, migrations, the writer, a store per noun.

The data path reads: ``writer`` (when to write what) -> ``commit`` (one try) -> ``batch`` (one
transaction) -> ``rows`` and ``parts`` (values to columns) -> ``queries/*.sql``. On the way it waits
in memory (``waiting``), or on disk and back: ``overflow`` -> ``spool`` -> ``spool_keeper`` ->
``spool_file``.
"""
