-- One call ($1), or the one it went into, with its persons.
SELECT calls.*, parties.number, parties.name, parties.exten
FROM calls LEFT JOIN parties USING (party)
WHERE call_id = coalesce((SELECT new FROM absorbed_calls WHERE old = $1), $1)
