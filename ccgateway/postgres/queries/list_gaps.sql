-- The gaps that reach into the time from $2 to before $3 (null: no limit), newest first, at most $1;
-- after the one that began at $4 and has the id $5.
SELECT * FROM gaps
WHERE ($2::timestamptz IS NULL OR ended_at IS NULL OR ended_at >= $2)
  AND ($3::timestamptz IS NULL OR began_at < $3)
  AND ($4::timestamptz IS NULL OR began_at <= $4 AND (began_at < $4 OR id > $5::uuid))
ORDER BY began_at DESC, id
LIMIT $1
