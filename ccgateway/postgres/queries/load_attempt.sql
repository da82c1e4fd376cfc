-- The attempt with an id ($1), else the one with a key ($2, which is '' for none). A call that went
-- into another is that one.
SELECT attempts.*, parties.number, coalesce(absorbed_calls.new, attempts.call_id) AS in_call
FROM attempts
JOIN parties USING (party)
LEFT JOIN absorbed_calls ON absorbed_calls.old = attempts.call_id
WHERE attempts.id = $1 OR (attempts.key = $2 AND attempts.key <> '')
ORDER BY attempts.id = $1 DESC
LIMIT 1
