-- The calls of these gaps ($1) are repaired, since $2.
UPDATE gaps SET repaired_at = $2 WHERE id = ANY($1::uuid[]) AND repaired_at IS NULL
