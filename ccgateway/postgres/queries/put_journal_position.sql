-- A journal (node $1, source $2) is to be read from $4 on; only where that was $3 ('': nowhere). $5:
-- the newest time that was read. Nothing is returned where somebody else has moved it.
INSERT INTO journal_positions (node, source, position, heard)
SELECT $1::text, $2::text, $4::text, $5::timestamptz
WHERE $3 = '' OR EXISTS (SELECT FROM journal_positions WHERE node = $1 AND source = $2)
ON CONFLICT (node, source) DO UPDATE SET
    position = excluded.position, heard = greatest(journal_positions.heard, excluded.heard)
    WHERE journal_positions.position = $3
RETURNING position
