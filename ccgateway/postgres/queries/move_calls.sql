-- Where the call that others ($1) went into ($2) has no row yet, the earliest one's becomes it: the
-- facts must hang on a row of calls to be found after a restart. Its parts were cleared.
UPDATE calls SET call_id = first.new, party = NULL
FROM (SELECT DISTINCT ON (moved.new) moved.old, moved.new
      FROM unnest($1::uuid[], $2::uuid[]) AS moved (old, new)
      JOIN calls ON calls.call_id = moved.old
      WHERE NOT EXISTS (SELECT FROM calls WHERE call_id = moved.new)
      ORDER BY moved.new, calls.started_at) AS first
WHERE calls.call_id = first.old
