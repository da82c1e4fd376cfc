-- The notes of calls ($1), in order; the text is null where it was erased.
SELECT notes.*, parties.note FROM notes JOIN parties USING (party)
WHERE call_id = ANY($1::uuid[]) ORDER BY call_id, ordinal
