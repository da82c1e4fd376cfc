-- Until when nodes were heard.
INSERT INTO heard (node, at) SELECT * FROM unnest($1::text[], $2::timestamptz[]) ORDER BY 1
ON CONFLICT (node) DO UPDATE SET at = excluded.at
