-- The calls of a case ($1), newest first, at most $2.
SELECT call_id FROM calls WHERE case_number = $1 ORDER BY started_at DESC, call_id LIMIT $2
