-- 0004: what Asterisk's journals tell, and gaps in what was seen. It only adds, and some of it may be
-- there already: who goes back to 0003 keeps it.

-- As facts, but each voice for itself: nothing of AMI's is overwritten. subject comes before kind in
-- the key: the repair asks for all that is told of a channel. call_id is provisional until the call
-- is over in the journals.
CREATE TABLE IF NOT EXISTS journal_facts (
    day     date NOT NULL,
    node    text NOT NULL,
    source  text NOT NULL CONSTRAINT journal_facts_source_check
            CHECK (source IN ('cel', 'queue_log')),
    subject text NOT NULL,
    kind    text NOT NULL,
    place   text NOT NULL,
    ordinal integer NOT NULL,
    at      timestamptz(6) NOT NULL,
    detail  jsonb NOT NULL CONSTRAINT journal_facts_detail_check
            CHECK (NOT detail ?| ARRAY['caller_number', 'caller_name', 'exten', 'dialled', 'note']),
    party   uuid,
    call_id uuid NOT NULL,
    PRIMARY KEY (day, node, source, subject, kind, place, ordinal)
) PARTITION BY RANGE (day);
CREATE INDEX IF NOT EXISTS journal_facts_call ON journal_facts (call_id);

-- The calls that are not yet repaired, or were a moment ago: what the board of the journals is made
-- of after a restart.
CREATE TABLE IF NOT EXISTS journal_calls (
    call_id uuid PRIMARY KEY,
    node    text NOT NULL
);

-- From where a journal is to be read. heard: the newest time that was read there; what is read again
-- and is older may be known.
CREATE TABLE IF NOT EXISTS journal_positions (
    node     text NOT NULL,
    source   text NOT NULL CONSTRAINT journal_positions_source_check
             CHECK (source IN ('cel', 'queue_log')),
    position text NOT NULL,
    heard    timestamptz(6),
    PRIMARY KEY (node, source)
);

-- A time in which not all was seen (source ami), that a journal does not tell of (journal), or whose
-- facts had no room anywhere (spool).
-- ended_at: null while it goes on. repaired_at: the journals were read past its end.
CREATE TABLE IF NOT EXISTS gaps (
    id          uuid PRIMARY KEY,
    node        text NOT NULL,
    began_at    timestamptz(6) NOT NULL,
    ended_at    timestamptz(6),
    cause       text NOT NULL,
    source      text NOT NULL CONSTRAINT gaps_source_check
                CHECK (source IN ('ami', 'journal', 'spool')),
    repaired_at timestamptz(6)
);
CREATE INDEX IF NOT EXISTS gaps_began ON gaps (began_at);

-- Until when all that a node told was heard: from there on there is a gap where we are killed.
CREATE TABLE IF NOT EXISTS heard (
    node text PRIMARY KEY,
    at   timestamptz(6) NOT NULL
);

-- How each hold is known: the journals tell none.
ALTER TABLE holds ADD COLUMN IF NOT EXISTS known text NOT NULL DEFAULT 'live';

-- done: folded with the journals, and only the repair changes it from here on; due: more was told of
-- it since.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS repair text NOT NULL DEFAULT '';

-- shipper: may send journals, and nothing else.
ALTER TABLE tokens
    DROP CONSTRAINT tokens_role_check,
    ADD CONSTRAINT tokens_role_check
        CHECK (role IN ('agent', 'supervisor', 'administrator', 'shipper'));
