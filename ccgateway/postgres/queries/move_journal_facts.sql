-- What the journals told of calls ($1) is of those that they turned out to be ($2).
UPDATE journal_facts SET call_id = ($2::uuid[])[array_position($1::uuid[], call_id)]
WHERE call_id = ANY($1::uuid[])
