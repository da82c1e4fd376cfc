-- The callers of calls, as now known. One that was erased stays erased.
INSERT INTO parties (party, number, name)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ORDER BY 1
ON CONFLICT (party) DO UPDATE SET number = excluded.number, name = excluded.name
WHERE parties.erased_at IS NULL
  AND (parties.number, parties.name) IS DISTINCT FROM (excluded.number, excluded.name)
