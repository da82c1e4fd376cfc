-- The calls whose id, or that of a call that went into them, lies between $1 and $2 (an id's
-- beginning, filled up), at most $3.
SELECT call_id FROM calls WHERE call_id BETWEEN $1 AND $2
UNION
SELECT new FROM absorbed_calls WHERE old BETWEEN $1 AND $2
ORDER BY call_id LIMIT $3
