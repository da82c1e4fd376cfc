-- Queue visits of calls that were cleared.
INSERT INTO queue_visits (call_id, ordinal, node, client, queue, entry, joined_at, position,
                          left_at, outcome, agent, answered_at, uniqueid, tier)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::int[],
                     $7::timestamptz[], $8::int[], $9::timestamptz[], $10::text[], $11::text[],
                     $12::timestamptz[], $13::text[], $14::int[])
