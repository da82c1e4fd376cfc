-- The facts of one call ($1), or of the one it went into, with what is known of the persons; oldest
-- first.
WITH told AS (
    SELECT day, node, kind, subject, place, ordinal, at, source, detail, party, call_id
    FROM facts
    UNION ALL
    SELECT day, node, kind, subject, place, ordinal, at, source, detail, party, call_id
    FROM journal_facts)
SELECT told.*, parties.number, parties.name, parties.exten, parties.dialled, parties.note
FROM told
LEFT JOIN parties ON parties.party = told.party
WHERE told.call_id = coalesce((SELECT new FROM absorbed_calls WHERE old = $1), $1)
ORDER BY told.at, told.ordinal, told.source
