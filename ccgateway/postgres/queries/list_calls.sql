-- One line a call, newest first. $1 limit; the others narrow it where they are not null: $2 since
-- (started at or after), $3 client, $4 service, $5 disposition, $6 agent (who talked).
-- A wait or a talk that goes on counts up to now.
SELECT c.call_id, c.node, c.client, c.service,
       CASE c.direction WHEN 'inbound' THEN c.did ELSE coalesce(p.exten, '') END AS did,
       c.direction, c.withheld, c.customer,
       c.started_at, c.answered_at, c.ended_at, c.disposition, c.known, c.fell_back,
       coalesce(p.number, '') AS caller_number, coalesce(p.name, '') AS caller_name,
       v.queues, v.wait_seconds, t.agents, t.talk_seconds
FROM calls c
LEFT JOIN parties p ON p.party = c.party
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(queue ORDER BY ordinal), '{}') AS queues,
           extract(epoch FROM sum(coalesce(answered_at, left_at, c.ended_at, now()) - joined_at)
           )::float8 AS wait_seconds
    FROM queue_visits WHERE call_id = c.call_id) v ON true
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(agent ORDER BY ordinal), '{}') AS agents,
           extract(epoch FROM sum(coalesce(ended_at, c.ended_at, now()) - began_at)
           )::float8 AS talk_seconds
    FROM talks WHERE call_id = c.call_id) t ON true
WHERE ($2::timestamptz IS NULL OR c.started_at >= $2)
  AND ($3::text IS NULL OR c.client = $3)
  AND ($4::text IS NULL OR c.service = $4)
  AND ($5::text IS NULL OR c.disposition = $5)
  AND ($6::text IS NULL OR $6 = ANY (t.agents))
ORDER BY c.started_at DESC, c.call_id
LIMIT $1
