-- Calls as now folded, one row each; but for those that were repaired: they are folded with the
-- journals only. Returned are those that were written.
INSERT INTO calls (call_id, node, client, service, did, direction, party, withheld, customer,
                   started_at, answered_at, ended_at, disposition, known, cause, fell_back, facts,
                   case_number, topic, attempt)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::uuid[], $8::bool[], $9::bigint[], $10::timestamptz[], $11::timestamptz[],
                     $12::timestamptz[], $13::text[], $14::text[], $15::int[], $16::text[],
                     $17::int[], $18::bigint[], $19::text[], $20::text[])
ORDER BY 1
ON CONFLICT (call_id) DO UPDATE SET
    node = excluded.node, client = excluded.client, service = excluded.service,
    did = excluded.did, direction = excluded.direction,
    party = coalesce(excluded.party, calls.party), withheld = excluded.withheld,
    customer = excluded.customer, started_at = excluded.started_at,
    answered_at = excluded.answered_at, ended_at = excluded.ended_at,
    disposition = excluded.disposition, known = excluded.known, cause = excluded.cause,
    fell_back = excluded.fell_back, facts = excluded.facts,
    case_number = excluded.case_number, topic = excluded.topic, attempt = excluded.attempt
    WHERE calls.repair = ''
RETURNING call_id
