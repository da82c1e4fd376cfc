-- One line a call, newest first. $1 limit; the others narrow it where they are not null: $2 since
-- (started at or after), $3 client, $4 service, $5 disposition, $6 agent (who talked),
-- $7 case. A wait or a talk that goes on counts up to now. Only the caller waits: a consulting
-- agent's stay in a queue is no wait.
SELECT c.call_id, c.node, c.client, c.service,
       CASE c.direction WHEN 'inbound' THEN c.did ELSE coalesce(p.exten, '') END AS did,
       c.direction, c.withheld, c.customer,
       c.started_at, c.answered_at, c.ended_at, c.disposition, c.known, c.fell_back,
       coalesce(p.number, '') AS caller_number, coalesce(p.name, '') AS caller_name,
       v.queues, v.wait_seconds, t.agents, t.talk_seconds, c.case_number, c.topic, e.path
FROM calls c
LEFT JOIN parties p ON p.party = c.party
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(q.queue ORDER BY q.ordinal), '{}') AS queues,
           extract(epoch FROM sum(coalesce(q.answered_at, q.left_at, c.ended_at, now())
                                  - q.joined_at) FILTER (WHERE l.uniqueid IS NULL)
           )::float8 AS wait_seconds
    FROM queue_visits q
    LEFT JOIN legs l ON l.call_id = q.call_id AND l.uniqueid = q.uniqueid AND l.role = 'agent'
    WHERE q.call_id = c.call_id) v ON true
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(agent ORDER BY ordinal) FILTER (WHERE agent <> ''), '{}') AS agents,
           extract(epoch FROM sum(coalesce(ended_at, c.ended_at, now()) - began_at)
           )::float8 AS talk_seconds
    FROM talks WHERE call_id = c.call_id) t ON true
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg("to" ORDER BY ordinal) FILTER (WHERE "to" <> ''), '{}') AS path
    FROM escalations WHERE call_id = c.call_id) e ON true
WHERE ($2::timestamptz IS NULL OR c.started_at >= $2)
  AND ($3::text IS NULL OR c.client = $3)
  AND ($4::text IS NULL OR c.service = $4)
  AND ($5::text IS NULL OR c.disposition = $5)
  AND ($6::text IS NULL OR $6 = ANY (t.agents))
  AND ($7::bigint IS NULL OR c.case_number = $7)
ORDER BY c.started_at DESC, c.call_id
LIMIT $1
