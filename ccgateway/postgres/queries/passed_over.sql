-- What was drained late and is older than what stands here: calls ($1) and attempts ($2) that go on
-- there and have ended here, agents ($3) whose state here began after that one ($4).
SELECT call_id::text AS name FROM calls WHERE call_id = ANY($1::uuid[]) AND ended_at IS NOT NULL
UNION ALL
SELECT id FROM attempts WHERE id = ANY($2::text[]) AND stage = 'ended'
UNION ALL
SELECT here.agent FROM agent_states here
JOIN unnest($3::text[], $4::timestamptz[]) AS late (agent, since)
    ON late.agent = here.agent AND here.since > late.since
