-- When tokens were shown last. Never backwards: two gateways may tell it.
UPDATE tokens SET used_at = greatest(used_at, told.at)
FROM unnest($1::text[], $2::timestamptz[]) AS told (id, at)
WHERE tokens.id = told.id
