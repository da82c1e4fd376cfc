-- The facts that calls ($1) were folded from, with what is known of the persons; oldest first. The
-- journals are part of it from the repair on.
WITH told AS (
    SELECT day, node, kind, subject, place, ordinal, at, source, detail, party, call_id
    FROM facts
    WHERE call_id = ANY($1::uuid[])
    UNION ALL
    SELECT day, node, kind, subject, place, ordinal, at, source, detail, party, call_id
    FROM journal_facts
    WHERE call_id = ANY($1::uuid[])
      AND NOT EXISTS (SELECT FROM calls WHERE calls.call_id = ANY($1::uuid[])
                                          AND calls.call_id = journal_facts.call_id AND repair = ''))
SELECT told.*, parties.number, parties.name, parties.exten, parties.dialled, parties.note
FROM told
LEFT JOIN parties ON parties.party = told.party
ORDER BY told.call_id, told.at, told.ordinal, told.source
