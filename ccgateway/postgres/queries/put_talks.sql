-- Talks of calls that were cleared.
INSERT INTO talks (call_id, ordinal, node, client, agent, uniqueid, began_at, ended_at)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::timestamptz[], $8::timestamptz[])
