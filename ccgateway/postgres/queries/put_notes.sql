-- Notes of calls that were cleared.
INSERT INTO notes (call_id, ordinal, node, client, at, by, party)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
                     $7::uuid[])
