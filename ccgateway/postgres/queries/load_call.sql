-- One call ($1) with its caller.
SELECT calls.*, parties.number, parties.name
FROM calls LEFT JOIN parties USING (party) WHERE call_id = $1
