"""A journal is read to its end and no line twice, whatever is done to its file."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccgateway.journal.lines import queue_log_records
from ccgateway.journal.position import Position
from ccgateway.journal.tail import CUT, GONE, Tail


class Reader:
    """Who follows a journal, and can be killed: what it keeps is lines and position together."""

    def __init__(self, path: Path, position: str = "") -> None:
        self.path = path
        self.kept = position
        self.lines: list[int] = []
        self.missed: list[str] = []
        self.odd = 0
        self.tail = Tail(path, Position.of(position) if position else None)

    def restart(self) -> None:
        self.tail.close()
        self.tail = Tail(self.path, Position.of(self.kept))

    def read(self, limit: int = 10_000) -> list[int]:
        """All that is there; returns what is new."""
        before = len(self.lines)
        while True:
            chunk = self.tail.read(limit)
            if chunk is None:
                break
            self.missed += [chunk.missed] if chunk.missed else []
            split = queue_log_records(chunk.data, final=chunk.final)
            if not split.used and not chunk.missed:
                break
            self.lines += [int(record.split()[-1]) for record in split.records]
            self.tail.go_on(chunk.position.on(split.used))
            self.kept = self.tail.position.text
        self.kept = self.tail.position.text
        return self.lines[before:]


class Log:
    """Asterisk's side."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.next = 0

    def write(self, count: int = 1, *, to: Path | None = None) -> list[int]:
        """Lines that are told apart; the first bytes of each file are its own."""
        numbers = list(range(self.next, self.next + count))
        self.next += count
        with (to or self.path).open("a") as file:
            file.writelines(f"1795372983|1795372983.{n}|queue|NONE|LINE {n}\n" for n in numbers)
        return numbers


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "queue_log")


@pytest.fixture
def reader(log: Log) -> Iterator[Reader]:
    """It began before Asterisk wrote anything."""
    reader = Reader(log.path)
    assert reader.read() == []
    yield reader
    reader.tail.close()


def apart(path: Path) -> None:
    """A moment later: what is written last has a later time than what was before."""
    seen = path.stat()
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns - 10**9))


def test_what_was_there_before_us_is_none_of_ours(log: Log) -> None:
    log.write(3)
    reader = Reader(log.path)
    assert reader.read() == []
    kept = reader.kept
    reader.restart()
    assert log.write(2) == reader.read()
    assert kept != reader.kept
    reader.tail.close()


def test_it_starts_behind_a_half_written_line_not_in_it(log: Log) -> None:
    log.write(3)
    with log.path.open("a") as file:
        file.write("1795372983|179537")
    reader = Reader(log.path)
    assert reader.read() == []
    with log.path.open("a") as file:
        file.write("2983.3|queue|NONE|LINE 3\n")
    assert reader.read() == [3]
    reader.tail.close()


def test_what_comes_after_us_is_read_from_its_beginning(log: Log, reader: Reader) -> None:
    reader.tail.close()
    log.write(3)
    reader.restart()
    assert reader.read() == [0, 1, 2]


def test_a_line_is_read_once_it_has_its_end(log: Log, reader: Reader) -> None:
    log.write()
    with log.path.open("a") as file:
        file.write("1795372983|179537298")
        file.flush()
        assert reader.read() == [0]
        file.write("3.1|queue|NONE|LINE 1\n")
    assert reader.read() == [1]


def test_in_slices(log: Log, reader: Reader) -> None:
    assert log.write(500) == reader.read(limit=100)


@pytest.mark.parametrize("dies", [False, True])
class TestRotation:
    """With a reader that lives, and with one that is started anew at each step."""

    @pytest.fixture
    def live(self, reader: Reader, *, dies: bool) -> Reader:
        read = reader.read

        def read_anew(limit: int = 10_000) -> list[int]:
            reader.restart()
            return read(limit)

        if dies:
            reader.read = read_anew  # type: ignore[method-assign] # started anew for each read
        return reader

    def test_by_rename(self, log: Log, live: Reader) -> None:
        log.write(2)
        assert live.read() == [0, 1]
        apart(log.path)
        log.write(1)
        old = log.path.rename(log.path.with_name("queue_log.1"))
        log.write(1, to=old)  # Asterisk keeps its handle until "logger reload"
        assert live.read() == [2, 3]
        log.path.touch()
        log.write(1, to=old)
        assert live.read() == [4]
        log.write(1, to=old)
        log.write(1)
        assert live.read() == [5, 6]
        assert live.missed == []

    def test_several_times_while_nobody_read(self, log: Log, live: Reader) -> None:
        log.write(1)
        assert live.read() == [0]
        for age in range(3):
            log.write(2)
            os.utime(log.path, ns=(0, 10**17 * (age + 1)))
            for older in reversed(range(age)):
                log.path.with_name(f"queue_log.{older}").rename(
                    log.path.with_name(f"queue_log.{older + 1}")
                )
            log.path.rename(log.path.with_name("queue_log.0"))
        log.write(1)
        assert live.read() == [1, 2, 3, 4, 5, 6, 7]
        assert live.missed == []

    def test_by_copy_and_truncate(self, log: Log, live: Reader) -> None:
        log.write(2)
        assert live.read() == [0, 1]
        log.write(2)
        shutil.copy(log.path, log.path.with_name("queue_log-20261122"))
        apart(log.path.with_name("queue_log-20261122"))
        os.truncate(log.path, 0)
        log.write(1)
        assert live.read() == [2, 3, 4]
        assert live.missed == []

    def test_what_is_compressed_by_now(self, log: Log, live: Reader) -> None:
        log.write(50)
        assert len(live.read()) == 50
        log.write(50)
        with gzip.open(log.path.with_name("queue_log.1.gz"), "wb") as file:
            file.write(log.path.read_bytes())
        apart(log.path.with_name("queue_log.1.gz"))
        live.tail.close()
        log.path.unlink()
        log.write(1)
        live.restart()
        assert live.read(limit=300) == list(range(50, 101))
        assert live.missed == []

    def test_a_last_line_without_end_is_over_with_its_file(self, log: Log, live: Reader) -> None:
        log.write(1)
        with log.path.open("a") as file:
            file.write("1795372983|1795372983.1|queue|NONE|LINE 1")
        assert live.read() == [0]
        log.next = 2
        apart(log.path)
        log.path.rename(log.path.with_name("queue_log.1"))
        log.write(1)
        assert live.read() == [1, 2]

    def test_cut_without_a_copy_is_told(self, log: Log, live: Reader) -> None:
        log.write(3)
        assert live.read() == [0, 1, 2]
        os.truncate(log.path, 0)
        assert live.read() == []
        assert log.write(1) == live.read()
        assert live.missed in ([CUT], [GONE])

    def test_another_file_in_its_place_is_told_by_its_first_bytes(
        self, log: Log, live: Reader
    ) -> None:
        """As long as the old one, and even in the same inode."""
        log.write(3)
        assert live.read() == [0, 1, 2]
        os.truncate(log.path, 0)
        assert log.write(9) == live.read()
        assert len(live.missed) == 1


def test_removed_while_it_was_open_is_read_to_its_end(log: Log, reader: Reader) -> None:
    log.write(1)
    assert reader.read() == [0]
    with log.path.open("a") as asterisk:
        log.path.unlink()
        asterisk.write("1795372983|1795372983.1|queue|NONE|LINE 1\n")
    log.next = 2
    log.write(1)
    assert reader.read() == [1, 2]
    assert reader.missed == []


def test_what_may_not_be_read_now_is_not_gone(log: Log, reader: Reader, tmp_path: Path) -> None:
    log.write(1)
    assert reader.read() == [0]
    reader.tail.close()
    log.path.rename(tmp_path / "elsewhere")
    log.path.mkdir()
    with pytest.raises(IsADirectoryError):
        reader.read()
    log.path.rmdir()
    (tmp_path / "elsewhere").rename(log.path)
    assert log.write(1) == reader.read()
    assert reader.missed == []


def test_removed_while_nobody_read_is_told(log: Log, reader: Reader) -> None:
    log.write(1)
    assert reader.read() == [0]
    reader.tail.close()
    log.path.unlink()
    reader.restart()
    assert reader.read() == []
    assert log.write(2) == reader.read()
    assert reader.missed == [GONE]


def test_what_was_missed_is_told_until_it_is_kept(log: Log, reader: Reader) -> None:
    log.write(1)
    assert reader.read() == [0]
    reader.tail.close()
    log.path.unlink()
    reader.restart()
    log.write(1)
    first, again = reader.tail.read(), reader.tail.read()
    assert first is not None
    assert first == again
    assert first.missed == GONE
    assert reader.read() == [1]
    assert reader.missed == [GONE]


def test_of_one_that_was_empty_nothing_is_gone(log: Log, reader: Reader) -> None:
    """It was compressed since: another file, and none of its bytes are known."""
    log.path.touch()
    assert reader.read() == []
    reader.tail.close()
    log.write(2)
    old = log.path.rename(log.path.with_name("queue_log.1"))
    with gzip.open(log.path.with_name("queue_log.1.gz"), "wb") as compressed:
        compressed.write(old.read_bytes())
    log.write(1)
    old.unlink()
    reader.restart()
    assert reader.read() == [0, 1, 2]
    assert reader.missed == []


@pytest.mark.parametrize("name", ["pipe", "device"])
def test_what_is_no_file_is_not_waited_for(log: Log, name: str) -> None:
    """Who opens a pipe waits for its writer; a device has no end."""
    if name == "pipe":
        os.mkfifo(log.path)
    else:
        log.path.symlink_to("/dev/zero")
    with pytest.raises(OSError, match="no ordinary file"):
        Tail(log.path, None).read()


def test_a_neighbour_is_no_part_of_it(log: Log, reader: Reader) -> None:
    log.path.with_name("queue_log.bak").write_text("1|2|an old copy of something else|LINE 99\n")
    log.write(1)
    assert reader.read() == [0]
    log.write(1)
    assert reader.read() == [1]


def test_the_folder_moved_to_another_disk(log: Log, reader: Reader, tmp_path: Path) -> None:
    log.write(2)
    assert reader.read() == [0, 1]
    reader.tail.close()
    log.write(1)
    shutil.copy2(log.path, tmp_path / "copied")
    (tmp_path / "copied").rename(log.path)
    reader.restart()
    assert reader.read() == [2]
    assert reader.missed == []


@pytest.mark.parametrize("text", ["", "1", "a.b.c.d", "1.2.3.zz", "1.2.3." + "00" * 65, "-1.2.3."])
def test_what_is_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="no position"):
        Position.of(text)


def test_a_position_is_text_and_back() -> None:
    position = Position(12, 34, 56, b"\x00\xff1795372983")
    assert Position.of(position.text) == position
    assert Position.of(Position().text) == Position()
