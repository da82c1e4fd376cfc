-- Of those of these calls ($1) that were repaired, more was told.
UPDATE calls SET repair = 'due' WHERE call_id = ANY($1::uuid[]) AND repair = 'done'
