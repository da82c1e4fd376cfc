-- The facts of calls ($1) are now those of the calls that they went into ($2).
WITH journals AS (
    UPDATE journal_facts SET call_id = ($2::uuid[])[array_position($1::uuid[], call_id)]
    WHERE call_id = ANY($1::uuid[]))
UPDATE facts SET call_id = ($2::uuid[])[array_position($1::uuid[], call_id)]
WHERE call_id = ANY($1::uuid[])
