-- What the journals told of the calls of a node ($1) that are not done with, and the persons;
-- oldest first.
SELECT journal_facts.*, parties.number, parties.name, parties.exten, parties.dialled, parties.note
FROM journal_calls
LEFT JOIN absorbed_calls ON absorbed_calls.old = journal_calls.call_id
JOIN journal_facts
     ON journal_facts.call_id = coalesce(absorbed_calls.new, journal_calls.call_id)
LEFT JOIN parties ON parties.party = journal_facts.party
WHERE journal_calls.node = $1
ORDER BY journal_facts.at
