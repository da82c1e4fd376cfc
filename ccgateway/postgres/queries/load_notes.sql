-- The notes of one call ($1), in order; the text is null where it was erased.
SELECT notes.*, parties.note FROM notes JOIN parties USING (party)
WHERE call_id = $1 ORDER BY ordinal
