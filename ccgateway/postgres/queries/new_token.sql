-- A new token.
INSERT INTO tokens (id, digest, name, role, agent, clients, services, queues, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
