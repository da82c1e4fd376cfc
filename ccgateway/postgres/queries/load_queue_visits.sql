-- The queue visits of calls ($1), in order.
SELECT * FROM queue_visits WHERE call_id = ANY($1::uuid[]) ORDER BY call_id, ordinal
