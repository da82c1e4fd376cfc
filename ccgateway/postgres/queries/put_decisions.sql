-- Decisions of calls that were cleared.
INSERT INTO decisions (call_id, ordinal, node, client, at, what, detail, reasons)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
                     $7::text[]::jsonb[], $8::text[]::jsonb[])
