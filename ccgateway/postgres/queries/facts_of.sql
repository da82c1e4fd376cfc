-- The facts of one call ($1), with what is known of the persons; oldest first.
SELECT facts.*, parties.number, parties.name, parties.exten, parties.dialled
FROM facts
LEFT JOIN parties ON parties.party = facts.party
WHERE facts.call_id = $1
ORDER BY facts.at, facts.ordinal
