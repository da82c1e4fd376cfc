-- The agents' states as they are now.
INSERT INTO agent_states (agent, state, reason, phone, since)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
ORDER BY 1
ON CONFLICT (agent) DO UPDATE SET state = excluded.state, reason = excluded.reason,
    phone = excluded.phone, since = excluded.since
