-- Calls ($1), with their persons.
SELECT calls.*, parties.number, parties.name, parties.exten
FROM calls LEFT JOIN parties USING (party)
WHERE call_id = ANY($1::uuid[])
