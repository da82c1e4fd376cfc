-- The legs of one call ($1), in order.
SELECT * FROM legs WHERE call_id = $1 ORDER BY ordinal
