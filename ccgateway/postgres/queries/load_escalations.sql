-- The escalations of calls ($1), in order.
SELECT * FROM escalations WHERE call_id = ANY($1::uuid[]) ORDER BY call_id, ordinal
