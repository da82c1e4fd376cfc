-- Offers of calls that were cleared.
INSERT INTO offers (call_id, visit, ordinal, node, client, agent, uniqueid, began_at, ended_at,
                    outcome)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::timestamptz[], $9::timestamptz[], $10::text[])
