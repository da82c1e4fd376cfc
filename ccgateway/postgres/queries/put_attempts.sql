-- Attempts as they now stand.
INSERT INTO attempts (id, key, node, client, service, agent, party, caller_id, by, requested_at,
                      stage, outcome, cause, sip, agent_answered_at, ringing_at, answered_at,
                      ended_at, call_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::uuid[], $8::text[], $9::text[], $10::timestamptz[], $11::text[],
                     $12::text[], $13::int[], $14::text[], $15::timestamptz[], $16::timestamptz[],
                     $17::timestamptz[], $18::timestamptz[], $19::uuid[])
ORDER BY 1
ON CONFLICT (id) DO UPDATE SET
    stage = excluded.stage, outcome = excluded.outcome, cause = excluded.cause,
    sip = excluded.sip, agent_answered_at = excluded.agent_answered_at,
    ringing_at = excluded.ringing_at, answered_at = excluded.answered_at,
    ended_at = excluded.ended_at, call_id = excluded.call_id
