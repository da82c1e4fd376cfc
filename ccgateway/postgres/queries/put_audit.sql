-- Acts, in order.
INSERT INTO audit (at, who, token, role, what, target, status, address)
SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::integer[], $8::text[])
