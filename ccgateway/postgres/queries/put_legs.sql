-- Legs of calls that were cleared.
INSERT INTO legs (call_id, ordinal, node, client, uniqueid, channel, role, agent, started_at,
                  ringing_at, answered_at, ended_at, cause)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[],
                     $11::timestamptz[], $12::timestamptz[], $13::int[])
