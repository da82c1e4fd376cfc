-- 0003: who may ask over HTTP, and what they did. New tables only: a gateway of 0002 that still runs
-- beside does not know them. They may be there already: who goes back to 0002 keeps them.

-- digest: SHA-256 of the secret, which is kept nowhere. agent: whom the token stands for, '' for
-- none. clients, services, queues: what it shows; an empty list is no limit. used_at is written some
-- time later.
CREATE TABLE IF NOT EXISTS tokens (
    id         text PRIMARY KEY CHECK (id <> ''),
    digest     bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    name       text NOT NULL,
    role       text NOT NULL CONSTRAINT tokens_role_check
               CHECK (role IN ('agent', 'supervisor', 'administrator')),
    agent      text NOT NULL CHECK (agent <> '' OR role <> 'agent'),
    clients    text[] NOT NULL,
    services   text[] NOT NULL,
    queues     text[] NOT NULL,
    created_at timestamptz(6) NOT NULL,
    expires_at timestamptz(6),
    revoked_at timestamptz(6),
    used_at    timestamptz(6)
);
CREATE UNIQUE INDEX IF NOT EXISTS tokens_name ON tokens (name) WHERE revoked_at IS NULL;

-- What somebody did, or was refused. who: the token's name. what: the route, or the command. target:
-- an id, never a telephone number. status: of HTTP.
CREATE TABLE IF NOT EXISTS audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz(6) NOT NULL,
    who     text NOT NULL,
    token   text NOT NULL,
    role    text NOT NULL,
    what    text NOT NULL,
    target  text NOT NULL,
    status  integer NOT NULL,
    address text NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
