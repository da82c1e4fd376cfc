"""PostgreSQL: the server of our own where none is given, migrations, the writer, a store per noun.

The data path reads: ``writer`` (queue, batches, retries) -> ``batch`` (one transaction) ->
``rows`` and ``parts`` (values to columns) -> ``queries/*.sql``.
"""
