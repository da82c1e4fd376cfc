-- Holds of calls that were cleared.
INSERT INTO holds (call_id, ordinal, node, client, uniqueid, by, began_at, ended_at, known)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::timestamptz[], $8::timestamptz[], $9::text[])
