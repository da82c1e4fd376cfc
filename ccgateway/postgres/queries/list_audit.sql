-- The newest acts, newest first: at most $1, from $2 on, of the token with the name or id $3, of the
-- route or command $4; null is no limit.
SELECT at, who, token, role, what, target, status, address FROM audit
WHERE ($2::timestamptz IS NULL OR at >= $2)
    AND ($3::text IS NULL OR who = $3 OR token = $3)
    AND ($4::text IS NULL OR what = $4)
ORDER BY at DESC, id DESC LIMIT $1
