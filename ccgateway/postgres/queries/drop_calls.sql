-- Calls ($1) that went into others have no row any more, nor have their persons ($2).
WITH gone AS (DELETE FROM calls WHERE call_id = ANY($1::uuid[]))
DELETE FROM parties WHERE party = ANY($2::uuid[])
