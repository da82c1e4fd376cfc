-- The attempts that have not ended, oldest first. A call that went into another is that one.
SELECT attempts.*, parties.number, coalesce(absorbed_calls.new, attempts.call_id) AS in_call
FROM attempts
JOIN parties USING (party)
LEFT JOIN absorbed_calls ON absorbed_calls.old = attempts.call_id
WHERE attempts.stage <> 'ended'
ORDER BY attempts.requested_at, attempts.id
