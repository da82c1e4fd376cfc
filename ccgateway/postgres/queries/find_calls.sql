-- The calls whose id lies between $1 and $2 (an id's beginning, filled up), at most $3.
SELECT call_id FROM calls WHERE call_id BETWEEN $1 AND $2 ORDER BY call_id LIMIT $3
