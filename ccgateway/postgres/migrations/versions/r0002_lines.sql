-- 0002: three lines, merged calls, cases, attempts to call somebody. New columns have defaults, so
-- that a gateway of 0001 that still runs beside loses nothing.

-- note: what was written down of a case; it may tell of anybody.
ALTER TABLE parties ADD COLUMN note text;
ALTER TABLE facts
    DROP CONSTRAINT facts_detail_check,
    ADD CONSTRAINT facts_detail_check CHECK (NOT detail ?| ARRAY['caller_number', 'caller_name',
        'exten', 'dialled', 'note']);

-- case_number: what people say. topic: the last one that the call was escalated to. attempt: the
-- originate's id, where the call is one.
ALTER TABLE calls
    ADD COLUMN case_number bigint,
    ADD COLUMN topic       text NOT NULL DEFAULT '',
    ADD COLUMN attempt     text NOT NULL DEFAULT '',
    DROP CONSTRAINT calls_direction_check,
    ADD CONSTRAINT calls_direction_check CHECK (direction IN ('inbound', 'outbound', 'internal',
        'unknown')),
    DROP CONSTRAINT calls_disposition_check,
    ADD CONSTRAINT calls_disposition_check CHECK (disposition IN ('live', 'answered', 'abandoned',
        'closed', 'blocked', 'full', 'nobody', 'timed_out', 'busy', 'no_answer', 'other',
        'unknown'));
CREATE INDEX calls_case ON calls (case_number) WHERE case_number IS NOT NULL;

-- uniqueid: whose stay it is, the caller's channel or the consulting agent's.
ALTER TABLE queue_visits
    ADD COLUMN uniqueid text NOT NULL DEFAULT '',
    ADD COLUMN tier     integer NOT NULL DEFAULT 1;

ALTER TABLE offers
    DROP CONSTRAINT offers_outcome_check,
    ADD CONSTRAINT offers_outcome_check CHECK (outcome IN ('ringing', 'answered', 'no_answer', 'busy',
        'refused', 'lost', 'unknown'));

-- The call was passed on: by an agent, or by overflow (by is ''). agent: who took it.
CREATE TABLE escalations (
    call_id     uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    node        text NOT NULL,
    client      text NOT NULL,
    at          timestamptz(6) NOT NULL,
    mode        text NOT NULL CHECK (mode IN ('cold', 'warm', 'back', 'blind', 'attended',
                'conference')),
    by          text NOT NULL,
    "to"        text NOT NULL,
    tier        integer,
    agent       text NOT NULL,
    accepted_at timestamptz(6),
    ended_at    timestamptz(6),
    outcome     text NOT NULL CHECK (outcome IN ('running', 'accepted', 'returned', 'first_line',
                'taken_back', 'abandoned', 'passed_on', 'unknown')),
    PRIMARY KEY (call_id, ordinal)
);

-- What somebody wrote down for whoever has the case next. The text is in parties only, in the row
-- that the fact has too: its key is computed from node, time and writer, so it stays the same when
-- the call goes into another or a note before it becomes known.
CREATE TABLE notes (
    call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
    ordinal integer NOT NULL,
    node    text NOT NULL,
    client  text NOT NULL,
    at      timestamptz(6) NOT NULL,
    by      text NOT NULL,
    party   uuid NOT NULL REFERENCES parties,
    PRIMARY KEY (call_id, ordinal)
);
CREATE INDEX notes_party ON notes (party);

-- Calls that turned out to be part of another: where their facts are now. new is never an old: each
-- row leads to the end.
CREATE TABLE absorbed_calls (
    old uuid PRIMARY KEY,
    new uuid NOT NULL,
    CHECK (old <> new)
);
CREATE INDEX absorbed_calls_new ON absorbed_calls (new);

-- A call that we place, committed before it is sent. Whom we call is in parties.number; caller_id
-- is a number of ours. key: the request's Idempotency-Key, '' without one.
CREATE TABLE attempts (
    id                text PRIMARY KEY CHECK (id <> ''),
    key               text NOT NULL,
    node              text NOT NULL,
    client            text NOT NULL,
    service           text NOT NULL,
    agent             text NOT NULL,
    party             uuid NOT NULL REFERENCES parties,
    caller_id         text NOT NULL,
    by                text NOT NULL,
    requested_at      timestamptz(6) NOT NULL,
    stage             text NOT NULL CHECK (stage IN ('stored', 'sent', 'ringing_agent',
                      'agent_answered', 'ringing', 'answered', 'ended')),
    outcome           text NOT NULL CHECK (outcome IN ('', 'talked', 'busy', 'no_answer',
                      'rejected', 'unreachable', 'agent_busy', 'agent_no_answer',
                      'agent_rejected', 'agent_unreachable', 'cancelled', 'not_sent', 'lost',
                      'failed')),
    cause             integer,
    sip               text NOT NULL,
    agent_answered_at timestamptz(6),
    ringing_at        timestamptz(6),
    answered_at       timestamptz(6),
    ended_at          timestamptz(6),
    call_id           uuid
);
CREATE UNIQUE INDEX attempts_key ON attempts (key) WHERE key <> '';
CREATE INDEX attempts_live ON attempts (requested_at) WHERE stage <> 'ended';
CREATE INDEX attempts_party ON attempts (party);

-- Case numbers go out in blocks: nextval is a block's first.
CREATE SEQUENCE case_numbers START 1001 INCREMENT 20;
