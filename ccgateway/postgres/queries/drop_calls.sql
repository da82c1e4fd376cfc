-- Calls ($1) that went into others have no row any more, nor have their persons ($2). Of one who was
-- erased the others' ($3) must not tell again.
WITH gone AS (DELETE FROM calls WHERE call_id = ANY($1::uuid[])),
     dropped AS (DELETE FROM parties WHERE party = ANY($2::uuid[]) RETURNING party, erased_at)
INSERT INTO parties (party, erased_at)
SELECT moved.new, min(dropped.erased_at)
FROM dropped JOIN unnest($2::uuid[], $3::uuid[]) AS moved (old, new) ON moved.old = dropped.party
WHERE dropped.erased_at IS NOT NULL
GROUP BY moved.new
ORDER BY 1
ON CONFLICT (party) DO UPDATE SET
    number = NULL, name = NULL, exten = NULL, dialled = NULL, note = NULL,
    erased_at = coalesce(parties.erased_at, excluded.erased_at)
