-- Gaps in what was seen; one that is known may have got its end.
INSERT INTO gaps (id, node, began_at, ended_at, cause, source)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[],
                     $6::text[])
ORDER BY 1
ON CONFLICT (id) DO UPDATE SET ended_at = coalesce(excluded.ended_at, gaps.ended_at)
