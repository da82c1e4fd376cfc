-- The persons of calls, as now known. Those who were erased stay erased.
INSERT INTO parties (party, number, name, exten)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
ORDER BY 1
ON CONFLICT (party) DO UPDATE SET
    number = excluded.number, name = excluded.name, exten = excluded.exten
WHERE parties.erased_at IS NULL
  AND (parties.number, parties.name, parties.exten)
      IS DISTINCT FROM (excluded.number, excluded.name, excluded.exten)
