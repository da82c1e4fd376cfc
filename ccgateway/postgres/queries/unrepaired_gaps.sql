-- The gaps that go on, or whose calls are not repaired, oldest first.
SELECT * FROM gaps WHERE repaired_at IS NULL ORDER BY began_at, id
