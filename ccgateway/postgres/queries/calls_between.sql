-- The calls that began from $1 until before $2; also those of whom there are facts of then (of the
-- days $3 to $4) and no row, but for those that go on in the journals. At most $5.
WITH told AS (
    SELECT call_id FROM facts
    WHERE day BETWEEN $3 AND $4 AND call_id IS NOT NULL
      AND at BETWEEN $1::timestamptz - interval '1 minute' AND $2::timestamptz + interval '1 minute'
    UNION
    SELECT call_id FROM journal_facts
    WHERE day BETWEEN $3 AND $4
      AND at BETWEEN $1::timestamptz - interval '1 minute' AND $2::timestamptz + interval '1 minute'
      AND NOT EXISTS (SELECT FROM journal_calls
                      WHERE journal_calls.call_id = journal_facts.call_id))
SELECT call_id FROM calls WHERE started_at >= $1 AND started_at < $2
UNION
SELECT call_id FROM told
WHERE NOT EXISTS (SELECT FROM calls WHERE calls.call_id = told.call_id)
ORDER BY call_id
LIMIT $5
