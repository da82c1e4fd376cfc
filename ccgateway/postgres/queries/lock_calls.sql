-- Let the repair have calls ($1), whatever they are.
WITH due AS (SELECT call_id FROM calls WHERE call_id = ANY($1::uuid[]) ORDER BY 1 FOR UPDATE)
UPDATE calls SET repair = '' FROM due WHERE calls.call_id = due.call_id AND repair <> ''
