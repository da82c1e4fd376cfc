-- Calls ($1) that went into others ($2).
INSERT INTO absorbed_calls (old, new)
SELECT * FROM unnest($1::uuid[], $2::uuid[])
ORDER BY 1
ON CONFLICT (old) DO UPDATE SET new = excluded.new
