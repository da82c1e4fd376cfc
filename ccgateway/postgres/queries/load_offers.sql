-- The offers of calls ($1), in order.
SELECT * FROM offers WHERE call_id = ANY($1::uuid[]) ORDER BY call_id, visit, ordinal
