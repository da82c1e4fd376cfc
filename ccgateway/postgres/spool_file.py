"""The spool's file: SQLite in WAL mode. Everything here blocks; ``spool`` calls it in a thread.

Each transaction is on the disk (fsync) before ``append`` returns: what is acknowledged outlives the
process and a power cut. That costs some milliseconds four times a second, in a thread of its own.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from ccgateway.postgres.spool_beside import keep_reserve, release
from ccgateway.postgres.spooled import Key, Record, What

NAME = "spool.sqlite"
CHECKPOINT_PAGES = 256
"""1 MB: a checkpoint that finds the disk full must fit into the reserve."""

FORMAT = 1
"""The file's ``user_version``, so that a later release knows what it finds."""

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS facts (
    seq INTEGER PRIMARY KEY, name TEXT NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS facts_of ON facts (name);
CREATE TABLE IF NOT EXISTS latest (
    seq INTEGER PRIMARY KEY, what TEXT NOT NULL, name TEXT NOT NULL, live INTEGER NOT NULL,
    crc INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (what, name));
CREATE TABLE IF NOT EXISTS strange (
    seq INTEGER PRIMARY KEY, what TEXT NOT NULL, name TEXT NOT NULL, live INTEGER NOT NULL,
    crc INTEGER NOT NULL, body BLOB NOT NULL);
PRAGMA user_version = {FORMAT};
"""
_FACT = "SELECT seq, 'fact', name, 0, body, crc FROM facts"
_LATEST = "SELECT seq, what, name, live, body, crc FROM latest"
_STRANGE = "SELECT seq, what, name, live, body, crc FROM strange ORDER BY seq"

_NO_GOOD = (
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR),
    *(sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH),
)

_HEAD = ((16, 18), (28, 32), (36, 40))
"""Of SQLite's first bytes: the size of a page (1 is 65536), the file's pages, the free ones."""
_HEAD_BYTES = 40


class Stand(NamedTuple):
    """How many ``facts`` are there, the highest number (0: there is none), whether something
    ``waits`` to be drained, and how many records of another release are kept."""

    facts: int
    last: int
    waits: bool
    strange: int


class Damaged(sqlite3.DatabaseError):
    """The file is no good, though SQLite says nothing."""


class SpoolFile:
    """The open file; nobody else opens it meanwhile. ``limit``: its size, in bytes. Raises
    sqlite3.Error throughout, and OSError where it is made."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # it tells of callers
        self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            self._set_up(limit)
        except BaseException:
            self._db.close()
            raise

    def _set_up(self, limit: int) -> None:
        # What is no UTF-8 any more is damaged, and is read all the same: the checksum tells.
        self._db.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        # Exclusive before WAL: no other process gets in, and no index is mapped into memory, where
        # a full disk would be a signal that kills.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        if not self._one("PRAGMA user_version"):
            self._db.executescript(_SCHEMA)
        self._page = self._one("PRAGMA page_size")
        self._most = self._one(f"PRAGMA max_page_count = {limit // self._page}")

    @property
    def used(self) -> int:
        """Bytes of the file that hold something."""
        free = self._one("PRAGMA freelist_count")
        return (self._one("PRAGMA page_count") - free) * self._page

    @property
    def is_full(self) -> bool:
        """Whether its size is at the limit."""
        return self._one("PRAGMA page_count") >= self._most

    def append(self, new: Iterable[Record]) -> None:
        """Put records at the end; of calls, agents, attempts and absorptions each is the latest and
        takes the place of the one before. Where the reserve was given, nothing goes in until it
        stands again: what is new would take the room that ``drop`` needs, and none would come
        out."""
        if not keep_reserve(self._path.parent):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with self._transaction():
            self._insert(new, "ABORT", "REPLACE")

    def restore(self, old: Iterable[Record]) -> None:
        """Put records in their old places; what is there stays."""
        with self._transaction():
            self._insert(old, "IGNORE", "IGNORE")

    def _insert(self, new: Iterable[Record], twice: str, other: str) -> None:
        for record in new:
            place = (record.seq, record.name, record.crc, record.body)
            if record.what == What.FACT:
                self._db.execute(
                    f"INSERT OR {twice} INTO facts (seq, name, crc, body) "  # noqa: S608 - our own words
                    "VALUES (?, ?, ?, ?)",
                    place,
                )
            else:
                self._db.execute(
                    f"INSERT OR {other} INTO latest (seq, name, crc, body, what, live) "  # noqa: S608 - ditto
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (*place, record.what, record.live),
                )

    def head(self, limit: int) -> tuple[list[Record], list[Record]]:
        """The oldest facts, at most ``limit``; and of the rest as many, whose facts are among
        them."""
        facts = self._read(f"{_FACT} ORDER BY seq LIMIT ?", limit)
        upto = facts[-1].seq if len(facts) == limit else 2**63 - 1
        return facts, self._read(f"{_LATEST} WHERE seq <= ? ORDER BY seq LIMIT ?", upto, limit)

    def drop(
        self, facts: Sequence[Record], latest: Sequence[Record], strange: Sequence[Record] = ()
    ) -> None:
        """Take records out; a newer one that took the place of one of ``latest`` stays. Those of
        them that are ``strange`` are kept apart. On a full disk the reserve is given for it."""
        try:
            self._drop(facts, latest, strange)
        except sqlite3.OperationalError:
            release(self._path.parent)
            self._drop(facts, latest, strange)

    def _drop(
        self, facts: Sequence[Record], latest: Sequence[Record], strange: Sequence[Record]
    ) -> None:
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO strange (seq, what, name, live, body, crc) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [(r.seq, r.what, r.name, r.live, r.body, r.crc) for r in strange],
            )
            for table, gone in (("facts", facts), ("latest", latest)):
                self._delete(table, gone)
                # A number that is damaged is read, but not found: it would be the head for ever.
                first = self._db.execute(f"SELECT seq FROM {table} ORDER BY seq LIMIT 1").fetchone()  # noqa: S608 - our own tables
                if first and first[0] in {record.seq for record in gone}:
                    raise Damaged(f"{table}: record {first[0]} cannot be taken out")

    def _delete(self, table: str, gone: Iterable[Record]) -> None:
        self._db.executemany(
            f"DELETE FROM {table} WHERE seq = ?",  # noqa: S608 - our own tables
            [(record.seq,) for record in gone],
        )

    def stand(self) -> Stand:
        """How much is there."""
        facts = self._one("SELECT count(*) FROM facts")
        strange = self._one("SELECT count(*) FROM strange")
        last = [
            self._one(f"SELECT coalesce(max(seq), 0) FROM {table}")  # noqa: S608 - our own tables
            for table in ("facts", "latest", "strange")
        ]
        return Stand(facts, max(last), max(last[:2]) > 0, strange)

    def strange(self) -> list[Record]:
        """The records of another release that were kept apart."""
        return self._read(_STRANGE)

    def take_up(self, known: Sequence[Record]) -> None:
        """These are not ``strange`` any more, and wait where they stood."""
        with self._transaction():
            self._insert(known, "IGNORE", "IGNORE")
            self._delete("strange", known)

    def held(self, keys: Iterable[Key]) -> set[Key]:
        """Of which of these something is there."""
        asked = "SELECT 1 FROM latest WHERE what = ? AND name = ?"
        return {key for key in keys if self._db.execute(asked, key).fetchone()}

    def ended(self) -> set[str]:
        """The ids of the calls and attempts that are over."""
        kinds = (What.CALL, What.ATTEMPT)
        found = self._db.execute("SELECT name FROM latest WHERE NOT live AND what IN (?, ?)", kinds)
        return {name for (name,) in found}

    def live(self) -> list[Record]:
        """Of the calls and attempts that go on the latest, and of the agents; which calls went into
        others; with the facts of all these calls."""
        kinds = f"'{What.AGENT}', '{What.ABSORBED}'"
        latest = self._read(f"{_LATEST} WHERE live OR what IN ({kinds}) ORDER BY seq")
        whole = [record for record in latest if record.is_whole]
        calls = [record.name for record in whole if record.what in (What.CALL, What.ABSORBED)]
        return [
            *latest,
            *(fact for call in calls for fact in self._read(f"{_FACT} WHERE name = ?", call)),
        ]

    def behind(self, seq: int, *, rest: bool) -> Iterator[Record]:
        """The facts (or the ``rest``) with higher numbers, read one by one."""
        return self._rows(f"{_LATEST if rest else _FACT} WHERE seq > ? ORDER BY seq", seq)

    def settle(self) -> None:
        """Bring all into the file itself: the WAL is empty then, and all is on the disk."""
        busy = self._one("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise sqlite3.OperationalError("the WAL cannot be emptied")

    def close(self) -> None:
        """Close it; what is in it stays."""
        with suppress(sqlite3.Error):
            self._db.close()

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    def _read(self, query: str, *values: object) -> list[Record]:
        return list(self._rows(query, *values))

    def _rows(self, query: str, *values: object) -> Iterator[Record]:
        return map(_record, self._db.execute(query, values))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise


def is_damaged(error: Exception) -> bool:
    """Whether the file itself is no good, not the disk or who asked: also where a table of ours is
    not there, or a number is taken."""
    return isinstance(error, Damaged) or _code(error) in _NO_GOOD


def is_taken(error: BaseException | None) -> bool:
    """Whether another process has the file."""
    return _code(error) == sqlite3.SQLITE_BUSY


def is_full(error: Exception) -> bool:
    """Whether there was no room, on the disk or below the limit."""
    no_room = isinstance(error, OSError) and error.errno == errno.ENOSPC
    return no_room or _code(error) == sqlite3.SQLITE_FULL


def _code(error: BaseException | None) -> int:
    """SQLite's primary result code; 0 where the error is another's."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def remove(path: Path) -> None:
    """Delete a closed file. SQLite itself deletes a WAL whose file is gone."""
    for name in (path.name, f"{path.name}-wal"):
        path.with_name(name).unlink(missing_ok=True)


def used_of(path: Path) -> int:
    """Bytes of a file that hold something, also while another process has it; its head tells, as it
    was at the last checkpoint. 0 where there is none. Raises OSError."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        return 0
    page, pages, free = (int.from_bytes(head[at:to], "big") for at, to in _HEAD)
    return (pages - free) * (1 << 16 if page == 1 else page)


def _record(row: Sequence[Any]) -> Record:
    """The row as it is: SQLite notices no damage in what it holds, the checksum does."""
    seq, what, name, live, body, crc = row
    whole = body if isinstance(body, bytes) else repr(body).encode(errors="replace")
    return Record(seq, what, name, bool(live), whole, crc)
