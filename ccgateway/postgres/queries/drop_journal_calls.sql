-- Calls ($1) that the journals tell no more of.
DELETE FROM journal_calls WHERE call_id = ANY($1::uuid[])
