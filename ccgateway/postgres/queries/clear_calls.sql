-- Take the parts of calls away, before they are put anew (in the same transaction).
WITH a AS (DELETE FROM legs WHERE call_id = ANY($1::uuid[])),
     b AS (DELETE FROM queue_visits WHERE call_id = ANY($1::uuid[])),
     c AS (DELETE FROM offers WHERE call_id = ANY($1::uuid[])),
     d AS (DELETE FROM talks WHERE call_id = ANY($1::uuid[])),
     e AS (DELETE FROM holds WHERE call_id = ANY($1::uuid[])),
     f AS (DELETE FROM escalations WHERE call_id = ANY($1::uuid[])),
     g AS (DELETE FROM notes WHERE call_id = ANY($1::uuid[]))
DELETE FROM decisions WHERE call_id = ANY($1::uuid[])
