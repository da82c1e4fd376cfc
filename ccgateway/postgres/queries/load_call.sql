-- One call ($1) with its persons.
SELECT calls.*, parties.number, parties.name, parties.exten
FROM calls LEFT JOIN parties USING (party) WHERE call_id = $1
