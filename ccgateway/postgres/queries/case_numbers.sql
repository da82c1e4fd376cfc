-- A block of case numbers that nobody else gets: its first, and how many.
SELECT nextval('case_numbers') AS first, seqincrement AS size
FROM pg_sequence WHERE seqrelid = 'case_numbers'::regclass
