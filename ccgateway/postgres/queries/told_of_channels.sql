-- The calls under which something stands that was told of these channels ($3) of a node ($2) on these
-- days ($1), and of which channel. $4: the kinds of facts, so that the key of facts is of use.
-- journal: whether a journal told it.
SELECT DISTINCT subject, call_id, false AS journal FROM facts
WHERE day = ANY($1::date[]) AND node = $2 AND kind = ANY($4::text[]) AND subject = ANY($3::text[])
  AND call_id IS NOT NULL
UNION ALL
SELECT DISTINCT subject, call_id, true FROM journal_facts
WHERE day = ANY($1::date[]) AND node = $2 AND source = ANY('{cel,queue_log}')
  AND subject = ANY($3::text[])
