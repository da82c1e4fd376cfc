-- Facts, each once. A call and a person that were not known are filled in; everything else stays as it
-- was told first.
INSERT INTO facts (day, node, kind, subject, place, ordinal, at, source, detail, party, call_id)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[],
                     $7::timestamptz[], $8::text[], $9::text[]::jsonb[], $10::uuid[], $11::uuid[])
ORDER BY 1, 2, 3, 4, 5, 6
ON CONFLICT (day, node, kind, subject, place, ordinal) DO UPDATE SET
    party   = coalesce(facts.party, excluded.party),
    call_id = coalesce(facts.call_id, excluded.call_id)
WHERE (facts.call_id IS NULL AND excluded.call_id IS NOT NULL)
   OR (facts.party IS NULL AND excluded.party IS NOT NULL)
