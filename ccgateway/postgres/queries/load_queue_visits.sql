-- The queue visits of one call ($1), in order.
SELECT * FROM queue_visits WHERE call_id = $1 ORDER BY ordinal
