-- One line a call, newest first. $1 limit; the others narrow it where they are not null: $2 since
-- (started at or after), $3 before, $4 client, $5 service, $6 queue (was in it), $7 agent (talked),
-- $8 disposition, $9 direction, $10 number (not of who withheld it), $11 case, $12 ids, $13 and $14
-- the start and the id of the call after which the list goes on. What the one who asks may see:
-- $15 clients, $16 services, $17 queues (null: all), and in any case the calls that the agent $18
-- was in. A wait or a talk that goes on counts up to now. Only the caller waits: a consulting
-- agent's stay in a queue is no wait.
WITH c AS (
    SELECT calls.*, parties.exten, parties.number, parties.name
    FROM calls LEFT JOIN parties USING (party)
    WHERE ($2::timestamptz IS NULL OR started_at >= $2)
      AND ($3::timestamptz IS NULL OR started_at < $3)
      AND ($4::text IS NULL OR client = $4)
      AND ($5::text IS NULL OR service = $5)
      AND ($6::text IS NULL OR EXISTS (
          SELECT FROM queue_visits q WHERE q.call_id = calls.call_id AND q.queue = $6))
      AND ($7::text IS NULL OR EXISTS (
          SELECT FROM talks t WHERE t.call_id = calls.call_id AND t.agent = $7))
      AND ($8::text IS NULL OR disposition = $8)
      AND ($9::text IS NULL OR direction = $9)
      AND ($10::text IS NULL OR number = $10 AND NOT withheld)
      AND ($11::bigint IS NULL OR case_number = $11)
      AND ($12::uuid[] IS NULL OR calls.call_id = ANY ($12))
      AND ($13::timestamptz IS NULL OR started_at <= $13
           AND (started_at < $13 OR calls.call_id > $14::uuid))
      AND (($15::text[] IS NULL OR client = ANY ($15))
           AND ($16::text[] IS NULL OR service = ANY ($16))
           AND ($17::text[] IS NULL OR EXISTS (
               SELECT FROM queue_visits q WHERE q.call_id = calls.call_id AND q.queue = ANY ($17)))
           OR $18 <> '' AND (EXISTS (
               SELECT FROM talks t WHERE t.call_id = calls.call_id AND t.agent = $18)
               OR direction = 'outbound' AND EXISTS (SELECT FROM legs l
                   WHERE l.call_id = calls.call_id AND l.ordinal = 0 AND l.agent = $18)))
    ORDER BY started_at DESC, calls.call_id
    LIMIT $1
)
SELECT c.call_id, c.node, c.client, c.service,
       CASE c.direction WHEN 'inbound' THEN c.did ELSE coalesce(c.exten, '') END AS did,
       c.direction, c.withheld, c.customer,
       c.started_at, c.answered_at, c.ended_at, c.disposition, c.known, c.fell_back,
       coalesce(c.number, '') AS caller_number, coalesce(c.name, '') AS caller_name,
       v.queues, v.wait_seconds, t.agents, t.talk_seconds, c.case_number, c.topic, e.path
FROM c
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
ORDER BY c.started_at DESC, c.call_id
