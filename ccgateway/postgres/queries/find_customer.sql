-- Who calls a client ($1) from a number ($2, E.164).
SELECT id, client, number, name, language, priority, blocked
FROM customers WHERE client = $1 AND number = $2
