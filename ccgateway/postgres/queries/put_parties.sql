-- The persons that facts, notes and attempts tell of. What is known stays; what is not known yet is
-- filled in, but for those who were erased.
INSERT INTO parties (party, number, name, exten, dialled, note)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ORDER BY 1
ON CONFLICT (party) DO UPDATE SET
    number = coalesce(parties.number, excluded.number), name = coalesce(parties.name, excluded.name),
    exten = coalesce(parties.exten, excluded.exten),
    dialled = coalesce(parties.dialled, excluded.dialled),
    note = coalesce(parties.note, excluded.note)
WHERE parties.erased_at IS NULL
  AND ((parties.number IS NULL AND excluded.number IS NOT NULL)
    OR (parties.name IS NULL AND excluded.name IS NOT NULL)
    OR (parties.exten IS NULL AND excluded.exten IS NOT NULL)
    OR (parties.dialled IS NULL AND excluded.dialled IS NOT NULL)
    OR (parties.note IS NULL AND excluded.note IS NOT NULL))
