-- From where the journals of a node ($1) are to be read.
SELECT source, position, heard FROM journal_positions WHERE node = $1
