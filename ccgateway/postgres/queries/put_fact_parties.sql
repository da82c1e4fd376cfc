-- The persons that facts tell of. What is known stays; what is not known yet is filled in, but for
-- those who were erased.
INSERT INTO parties (party, number, name, exten, dialled)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
ORDER BY 1
ON CONFLICT (party) DO UPDATE SET
    number = coalesce(parties.number, excluded.number), name = coalesce(parties.name, excluded.name),
    exten = coalesce(parties.exten, excluded.exten),
    dialled = coalesce(parties.dialled, excluded.dialled)
WHERE parties.erased_at IS NULL
  AND ((parties.number IS NULL AND excluded.number IS NOT NULL)
    OR (parties.name IS NULL AND excluded.name IS NOT NULL)
    OR (parties.exten IS NULL AND excluded.exten IS NOT NULL)
    OR (parties.dialled IS NULL AND excluded.dialled IS NOT NULL))
