-- The customers of one client ($1) or of all (null).
SELECT id, client, number, name, language, priority, blocked
FROM customers WHERE $1::text IS NULL OR client = $1 ORDER BY client, name, number
