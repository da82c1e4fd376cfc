-- 0001: the record. PostgreSQL 14 or later, no extensions.

-- Persons, as a fact or a call tells of them: the caller's number and name; exten, the number
-- dialled, and dialled, where Dial() went to: on a call of an agent's these are an outsider's.
-- With customers, who are our own address book, it is the only place of outsiders' numbers and
-- names, so that a person can be erased while facts and calls stay. One exception: Asterisk makes
-- the names of Local and of ISDN channels of the number dialled, and these names stand in legs and
-- in facts.detail. The key is computed from the fact's identity or the call's id, never from the
-- number.
CREATE TABLE parties (
    party     uuid PRIMARY KEY,
    number    text,
    name      text,
    exten     text,
    dialled   text,
    erased_at timestamptz
);
CREATE INDEX parties_number ON parties (number) WHERE number IS NOT NULL;

-- What happened, as we were told. Append-only; a journal may correct the time. The primary key is
-- the fact's identity; day (the birthday of its channel, UTC) names the partition: facts_YYYYMMDD.
CREATE TABLE facts (
    day     date NOT NULL,
    node    text NOT NULL,
    kind    text NOT NULL,
    subject text NOT NULL,
    place   text NOT NULL,
    ordinal integer NOT NULL,
    at      timestamptz(6) NOT NULL,
    source  text NOT NULL CHECK (source IN ('ami', 'snapshot', 'cel', 'queue_log', 'self')),
    detail  jsonb NOT NULL CHECK (NOT detail ?| ARRAY['caller_number', 'caller_name', 'exten',
            'dialled']),
    party   uuid,
    call_id uuid,
    PRIMARY KEY (day, node, kind, subject, place, ordinal)
) PARTITION BY RANGE (day);
CREATE INDEX facts_call ON facts (call_id) WHERE call_id IS NOT NULL;

-- One row a call, folded from its facts; can be rebuilt from them. did: the number of ours that was
-- called, so of inbound calls only; whom the other calls go to is in parties.exten.
CREATE TABLE calls (
    call_id     uuid PRIMARY KEY,
    node        text NOT NULL,
    client      text NOT NULL,
    service     text NOT NULL,
    did         text NOT NULL,
    direction   text NOT NULL CHECK (direction IN ('inbound', 'internal', 'unknown')),
    party       uuid REFERENCES parties,
    withheld    boolean NOT NULL,
    customer    bigint,
    started_at  timestamptz(6) NOT NULL,
    answered_at timestamptz(6),
    ended_at    timestamptz(6),
    disposition text NOT NULL CHECK (disposition IN ('live', 'answered', 'abandoned', 'closed',
                'blocked', 'full', 'nobody', 'timed_out', 'other', 'unknown')),
    known       text NOT NULL CHECK (known IN ('live', 'repaired', 'partial')),
    cause       integer,
    fell_back   text NOT NULL,
    facts       integer NOT NULL,
    CHECK (direction = 'inbound' OR did = '')
);
CREATE INDEX calls_started ON calls (started_at DESC);
CREATE INDEX calls_live ON calls (node) WHERE ended_at IS NULL;
CREATE INDEX calls_party ON calls (party) WHERE party IS NOT NULL;

-- A channel's part in a call. In this and the next tables ordinal is the place in the call's list.
CREATE TABLE legs (
    call_id     uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    node        text NOT NULL,
    client      text NOT NULL,
    uniqueid    text NOT NULL,
    channel     text NOT NULL,
    role        text NOT NULL CHECK (role IN ('caller', 'agent', 'local', 'other')),
    agent       text NOT NULL,
    started_at  timestamptz(6) NOT NULL,
    ringing_at  timestamptz(6),
    answered_at timestamptz(6),
    ended_at    timestamptz(6),
    cause       integer,
    PRIMARY KEY (call_id, ordinal)
);

-- A stay of the caller in a queue; entry counts the stays in the same queue.
CREATE TABLE queue_visits (
    call_id     uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    node        text NOT NULL,
    client      text NOT NULL,
    queue       text NOT NULL,
    entry       integer NOT NULL,
    joined_at   timestamptz(6) NOT NULL,
    position    integer,
    left_at     timestamptz(6),
    outcome     text NOT NULL CHECK (outcome IN ('waiting', 'answered', 'abandoned', 'timed_out',
                'empty', 'full', 'left', 'unknown')),
    agent       text NOT NULL,
    answered_at timestamptz(6),
    PRIMARY KEY (call_id, ordinal)
);
CREATE INDEX queue_visits_queue ON queue_visits (queue, joined_at);

-- A ringing of an agent for a visit (visit: the ordinal of the queue visit).
CREATE TABLE offers (
    call_id  uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    visit    integer NOT NULL,
    ordinal  integer NOT NULL,
    node     text NOT NULL,
    client   text NOT NULL,
    agent    text NOT NULL,
    uniqueid text NOT NULL,
    began_at timestamptz(6) NOT NULL,
    ended_at timestamptz(6),
    outcome  text NOT NULL CHECK (outcome IN ('ringing', 'answered', 'no_answer', 'busy',
             'refused', 'lost')),
    PRIMARY KEY (call_id, visit, ordinal)
);
CREATE INDEX offers_agent ON offers (agent, began_at);

-- The caller and an agent were connected.
CREATE TABLE talks (
    call_id  uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal  integer NOT NULL,
    node     text NOT NULL,
    client   text NOT NULL,
    agent    text NOT NULL,
    uniqueid text NOT NULL,
    began_at timestamptz(6) NOT NULL,
    ended_at timestamptz(6),
    PRIMARY KEY (call_id, ordinal)
);
CREATE INDEX talks_agent ON talks (agent, began_at);

-- One side put the other on hold.
CREATE TABLE holds (
    call_id  uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal  integer NOT NULL,
    node     text NOT NULL,
    client   text NOT NULL,
    uniqueid text NOT NULL,
    by       text NOT NULL CHECK (by IN ('caller', 'agent', 'local', 'other')),
    began_at timestamptz(6) NOT NULL,
    ended_at timestamptz(6),
    PRIMARY KEY (call_id, ordinal)
);

-- What we decided for a call, and why: reasons is a list of [rule, inputs, verdict].
CREATE TABLE decisions (
    call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal integer NOT NULL,
    node    text NOT NULL,
    client  text NOT NULL,
    at      timestamptz(6) NOT NULL,
    what    text NOT NULL,
    detail  jsonb NOT NULL,
    reasons jsonb NOT NULL,
    PRIMARY KEY (call_id, ordinal)
);

-- Who calls a client and is known by the number (E.164).
CREATE TABLE customers (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client   text NOT NULL,
    number   text NOT NULL CHECK (number ~ '^\+[1-9][0-9]{1,14}$'),
    name     text NOT NULL,
    language text NOT NULL CHECK (language ~ '^([A-Za-z]{2,3}([_-][A-Za-z0-9]{1,16}){0,4})?$'),
    priority integer NOT NULL,
    blocked  boolean NOT NULL,
    UNIQUE (client, number)
);

-- The agents' states as they are now, so that they outlive a restart.
CREATE TABLE agent_states (
    agent  text PRIMARY KEY,
    state  text NOT NULL CHECK (state <> ''),
    reason text NOT NULL,
    phone  text NOT NULL,
    since  timestamptz(6) NOT NULL
);
