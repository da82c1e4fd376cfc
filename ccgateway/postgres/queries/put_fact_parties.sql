-- The persons that facts tell of. One that is known already, or erased, stays as it is.
INSERT INTO parties (party, number, name)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ORDER BY 1
ON CONFLICT (party) DO NOTHING
