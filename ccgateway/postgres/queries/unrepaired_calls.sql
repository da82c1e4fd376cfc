-- The calls of a node ($1) that have ended since $2 and are not folded with the journals, of which
-- these tell; at most $3. Each of their channels.
SELECT legs.call_id, legs.uniqueid FROM legs
JOIN (SELECT call_id FROM calls
      WHERE node = $1 AND started_at >= $2 AND ended_at IS NOT NULL AND repair <> 'done'
        AND EXISTS (SELECT FROM journal_facts
                    WHERE journal_facts.call_id = calls.call_id
                      AND journal_facts.day >= ($2 - interval '1 day')::date)
      ORDER BY started_at DESC LIMIT $3) AS due USING (call_id)
