-- The talks of one call ($1), in order.
SELECT * FROM talks WHERE call_id = $1 ORDER BY ordinal
