-- The tokens; also those that have ended ($1).
SELECT id, name, role, agent, clients, services, queues, created_at, expires_at, revoked_at, used_at
FROM tokens
WHERE $1::boolean OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
ORDER BY name, created_at
