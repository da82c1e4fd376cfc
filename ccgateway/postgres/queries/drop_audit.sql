-- At most $2 of the acts before $1, the oldest first.
DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)
