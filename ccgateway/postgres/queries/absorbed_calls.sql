-- What is known of these calls ($1) having gone into others, and of others into them.
SELECT old, new FROM absorbed_calls WHERE old = ANY($1::uuid[]) OR new = ANY($1::uuid[])
