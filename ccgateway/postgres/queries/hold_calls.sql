-- Let nobody else write these calls ($1) until we are done: writer and repair take the calls first
-- and their persons then, both in order, so that neither waits for the other for ever.
SELECT call_id FROM calls WHERE call_id = ANY($1::uuid[]) ORDER BY 1 FOR UPDATE
