-- The decisions of one call ($1), in order.
SELECT * FROM decisions WHERE call_id = $1 ORDER BY ordinal
