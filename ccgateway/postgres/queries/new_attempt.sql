-- A new attempt with its person's number ($20), unless its id or its key is there already. One
-- statement, so one transaction: neither comes without the other.
WITH new AS (
    INSERT INTO attempts (id, key, node, client, service, agent, party, caller_id, by,
                          requested_at, stage, outcome, cause, sip, agent_answered_at, ringing_at,
                          answered_at, ended_at, call_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
    ON CONFLICT DO NOTHING
    RETURNING party)
INSERT INTO parties (party, number) SELECT party, $20 FROM new
ON CONFLICT (party) DO NOTHING
