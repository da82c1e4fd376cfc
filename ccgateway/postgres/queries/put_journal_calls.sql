-- Calls ($1) of a node ($2) of which the journals tell.
INSERT INTO journal_calls (call_id, node) SELECT unnest($1::uuid[]), $2 ORDER BY 1
ON CONFLICT DO NOTHING
