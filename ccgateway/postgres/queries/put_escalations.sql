-- Escalations of calls that were cleared.
INSERT INTO escalations (call_id, ordinal, node, client, at, mode, by, "to", tier, agent,
                         accepted_at, ended_at, outcome)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
                     $7::text[], $8::text[], $9::int[], $10::text[], $11::timestamptz[],
                     $12::timestamptz[], $13::text[])
