-- Add a customer, or change the one that the client ($1) has under the number ($2).
INSERT INTO customers (client, number, name, language, priority, blocked)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (client, number) DO UPDATE SET name = excluded.name, language = excluded.language,
    priority = excluded.priority, blocked = excluded.blocked
RETURNING id, client, number, name, language, priority, blocked
