-- What a journal told, each once: it tells the same when it is read again.
INSERT INTO journal_facts (day, node, kind, subject, place, ordinal, at, source, detail, party,
                           call_id)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[],
                     $7::timestamptz[], $8::text[], $9::text[]::jsonb[], $10::uuid[], $11::uuid[])
ORDER BY 1, 2, 8, 4, 3, 5, 6
ON CONFLICT DO NOTHING
