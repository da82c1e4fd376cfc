-- The facts of one call ($1), or of the one it went into, with what is known of the persons; oldest
-- first.
SELECT facts.*, parties.number, parties.name, parties.exten, parties.dialled, parties.note
FROM facts
LEFT JOIN parties ON parties.party = facts.party
WHERE facts.call_id = coalesce((SELECT new FROM absorbed_calls WHERE old = $1), $1)
ORDER BY facts.at, facts.ordinal
