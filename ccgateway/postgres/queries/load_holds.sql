-- The holds of one call ($1), in order.
SELECT * FROM holds WHERE call_id = $1 ORDER BY ordinal
