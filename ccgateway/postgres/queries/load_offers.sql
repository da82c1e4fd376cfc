-- The offers of one call ($1), in order.
SELECT * FROM offers WHERE call_id = $1 ORDER BY visit, ordinal
