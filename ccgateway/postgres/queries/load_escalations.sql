-- The escalations of one call ($1), in order.
SELECT * FROM escalations WHERE call_id = $1 ORDER BY ordinal
