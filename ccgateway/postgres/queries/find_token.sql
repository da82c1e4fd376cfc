-- The token with this digest ($1), or with this id ($2); the other is null.
SELECT id, name, role, agent, clients, services, queues, created_at, expires_at, revoked_at, used_at
FROM tokens WHERE digest = $1::bytea OR id = $2::text
