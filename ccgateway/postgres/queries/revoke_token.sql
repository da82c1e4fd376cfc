-- Revoke the good token that has this id or this name ($1).
UPDATE tokens SET revoked_at = $2
WHERE (id = $1 OR name = $1) AND revoked_at IS NULL
RETURNING id
