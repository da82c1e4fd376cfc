-- The callers' ended stays in the queues $1 that began at $2 or after, a call's in order. A
-- consulting agent's stay in a queue is none.
SELECT q.call_id, q.queue, q.entry, q.joined_at, q.left_at, q.answered_at, q.outcome
FROM queue_visits q
LEFT JOIN legs l ON l.call_id = q.call_id AND l.uniqueid = q.uniqueid AND l.role = 'agent'
WHERE q.queue = ANY ($1::text[]) AND q.joined_at >= $2 AND q.outcome <> 'waiting'
  AND l.uniqueid IS NULL
ORDER BY q.call_id, q.ordinal
