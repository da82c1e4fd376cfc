-- The facts of the calls that have not ended, on one node ($1) or on all (null), with what is
-- known of the persons; oldest first. For the rebuild after a restart.
SELECT facts.*, parties.number, parties.name, parties.exten, parties.dialled, parties.note
FROM calls
JOIN facts USING (call_id)
LEFT JOIN parties ON parties.party = facts.party
WHERE calls.ended_at IS NULL AND ($1::text IS NULL OR calls.node = $1)
ORDER BY facts.call_id, facts.at, facts.ordinal
