-- Those of these channels ($3) of a node ($2) of which a journal told something on these days ($1).
SELECT DISTINCT subject FROM journal_facts
WHERE day = ANY($1::date[]) AND node = $2 AND source = ANY('{cel,queue_log}')
  AND subject = ANY($3::text[])
