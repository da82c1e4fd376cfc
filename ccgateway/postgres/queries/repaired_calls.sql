-- These calls ($1) are folded with the journals.
UPDATE calls SET repair = 'done' WHERE call_id = ANY($1::uuid[])
