"""The reader of Asterisk's .conf files, and what pyst2's cannot read."""

from __future__ import annotations

from pathlib import Path

import asterisk.config  # type: ignore[import-untyped]  # pyst2 has no types
import pytest

from ccgateway.conffile import ConfFault, ConfFile, Place, read

PLAIN = """\
; queues of the centre
[general]
persistentmembers = yes ; survive a restart

[stations]
strategy=rrmemory
member => PJSIP/101
member => PJSIP/102
timeout = 15
"""

# pyst2 never closes the file it reads.
LEAKS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def _write(folder: Path, text: str, name: str = "x.conf") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def _all(conf: ConfFile) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(s.name, [(x.key, x.value) for x in s.settings]) for s in conf.sections]


@LEAKS
def test_reads_what_pyst2_reads(tmp_path: Path) -> None:
    file = _write(tmp_path, PLAIN)
    theirs = [
        (category.name, [(item.name, item.value.strip()) for item in category.items])
        for category in asterisk.config.Config(str(file)).categories
    ]
    assert _all(read(file)) == theirs
    assert dict(theirs)["stations"][1:3] == [("member", "PJSIP/101"), ("member", "PJSIP/102")]


@LEAKS
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](!)\nx=1\n[b](a)\ny=2\n", [("x", "1"), ("y", "2")]),
        ("[b]\n#include more.conf\n", [("z", "3")]),
    ],
)
def test_reads_what_pyst2_does_not(
    tmp_path: Path, text: str, expected: list[tuple[str, str]]
) -> None:
    _write(tmp_path, "z=3\n", "more.conf")
    file = _write(tmp_path, text)
    [section] = read(file).named("b")
    assert [(s.key, s.value) for s in section.settings] == expected
    with pytest.raises(asterisk.config.ParseError):
        asterisk.config.Config(str(file))


def test_places_are_those_where_it_was_written(tmp_path: Path) -> None:
    more = _write(tmp_path, "\nz=3\n", "more.conf")
    file = _write(tmp_path, '[t](!)\nx=1\n\n[b](t)\ny=2\n#include "more.conf"\nw=4\n')
    [b] = read(file).named("b")
    assert b.place == Place(file, 4)
    assert [(s.key, s.place.file, s.place.line) for s in b.settings] == [
        ("x", file, 2),
        ("y", file, 5),
        ("z", more, 2),
        ("w", file, 7),
    ]
    assert str(b.settings[2].place) == f"{more}:2"


def test_inheritance(tmp_path: Path) -> None:
    conf = read(
        _write(
            tmp_path,
            "[base](!)\nallow=ulaw\n[phone](!,base)\nallow=gsm\n"
            "[auth](!)\nauth=x\n[101](phone,auth)\nAllow=opus\n",
        )
    )
    [phone] = conf.named("101")
    assert phone.values("allow") == ["ulaw", "gsm", "opus"]
    assert phone.get("allow") == "opus"
    assert phone.get("auth") == "x"
    assert phone.get("missing") is None
    assert conf.named("base") == []


def test_sections_of_one_name_stay_apart_and_additions_join_the_first(tmp_path: Path) -> None:
    conf = read(
        _write(tmp_path, "[101]\ntype=endpoint\n[101]\ntype=aor\n[x]\n[101](+)\nallow=ulaw\n")
    )
    assert _all(conf) == [
        ("101", [("type", "endpoint"), ("allow", "ulaw")]),
        ("101", [("type", "aor")]),
        ("x", []),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[t](!)\nx=1\n[t](!)\nx=2\n[s](t)\na=1\n", [("x", "1"), ("a", "1")]),
        (
            "[t](!)\nx=1\n[u](!)\nx=2\n[s](t)\na=1\n[s](+,u)\nm=1\n",
            [("x", "1"), ("a", "1"), ("x", "2"), ("m", "1")],
        ),
        ("[t](!)\nx=1\n[s](t)\nx+=2\n", [("x", "12")]),
        ("[s]\nB=1\nb+=2\n", [("B", "1"), ("b", "2")]),
        (
            "[s]\nb=1\nb+=2\nc=1\nc+=>3\nd=1\nd +=   3\nb=4\nb+=5\ne += more\n",
            [("b", "12"), ("c", "1>3"), ("d", "1   3"), ("b", "45"), ("e", "more")],
        ),
    ],
)
def test_odd_things_are_read_as_asterisk_22_told_by_getconfig(
    tmp_path: Path, text: str, expected: list[tuple[str, str]]
) -> None:
    [section] = read(_write(tmp_path, text)).named("s")
    assert [(x.key, x.value) for x in section.settings] == expected


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a = b ; c", "b"),
        ("a => b;c", "b"),
        (r"a = b\;c ; d", "b;c"),
        ("a = b ;-- gone --; c", "b  c"),
        ("a = b ;-- one\ntwo = 3\n--;", "b"),
        ("a = b ;-- one ;-- inner --; still --; c", "b  c"),
        ("a = b ;--- a line of dashes", "b"),
        ("a = b=c => d", "b=c => d"),
        ("a =", ""),
        ("# a note, as in Debian's dbsep.conf\n#\na = b", "b"),
        ("  a\t=\tb  ", "b"),
        ("a = Set(X=${IF($[1]?a:b)})", "Set(X=${IF($[1]?a:b)})"),
    ],
)
def test_comments_and_values(tmp_path: Path, line: str, value: str) -> None:
    [section] = read(_write(tmp_path, f"[s]\n{line}\n")).named("s")
    assert section.get("a") == value


def test_includes(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    _write(tmp_path / "d", "[two]\n", "2.conf")
    _write(tmp_path / "d", "[one]\n", "1.conf")
    _write(tmp_path, "[three]\n", "3.conf")
    file = _write(
        tmp_path,
        f"#include d/*.conf\n#tryinclude <missing.conf>\n#tryinclude none/*.conf\n"
        f"#include {tmp_path / '3.conf'}\n[four]\n",
    )
    assert [s.name for s in read(file).sections] == ["one", "two", "three", "four"]


def test_includes_begin_at_asterisks_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    _write(tmp_path, "[top]\n", "top.conf")
    file = _write(tmp_path / "sub", "#include top.conf\n")
    assert [s.name for s in read(file, tmp_path).sections] == ["top"]


def test_what_exec_makes_is_told_to_be_missing(tmp_path: Path) -> None:
    """Its sections may be there for Asterisk; those of others are not made up."""
    ran = tmp_path / "ran"
    file = _write(tmp_path, f"#exec touch {ran}\na = b\n[made](+)\nc = d\n[own](parent)\ne = f\n")
    conf = read(file)
    assert not ran.exists()
    assert conf.execs == [Place(file, 1)]
    assert conf.supposed == {"made", "parent"}
    assert [(s.key, s.value) for name in ("made", "own") for s in conf.named(name)[0].settings] == [
        ("c", "d"),
        ("e", "f"),
    ]
    assert conf.named("parent") == []


def test_before_an_exec_nothing_is_supposed(tmp_path: Path) -> None:
    with pytest.raises(ConfFault, match="before the first"):
        read(_write(tmp_path, "a = b\n#exec /bin/true\n"))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = b\n", 1, "before the first"),
        ("[a]\nb\n", 2, "key = value"),
        ("[a]\n= b\n", 2, "key = value"),
        ("\n[a\n", 2, r"wanted \[name\]"),
        ("[a](b)\n", 1, r"no section \[b\]"),
        ("[a](+)\n", 1, r"no section \(no template\) \[a\]"),
        ("[a](!)\n[a](+)\n", 2, r"no section \(no template\) \[a\]"),
        ("[b]\n[c]\n[a](b, c)\n", 3, r"no section \[ c\]"),
        ("[a](a)\n", 1, r"no section \[a\]"),
        ("[a]\nb = c --; d\n", 2, "has not begun"),
        ("[a]\n#inclde x.conf\n", 2, "#include, #tryinclude or #exec"),
        ("[a]\n#include missing.conf\n", 2, "no file missing.conf"),
        ("[a]\n#include none/*.conf\n", 2, "no file"),
        ("[a]\n#include x.conf\n", 2, "more than 10"),
        ("[a]\n;-- open\nb = c\n", 2, "no end"),
    ],
)
def test_faults_name_the_place(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = _write(tmp_path, text)
    with pytest.raises(ConfFault, match=said) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfFault, match=r"missing\.conf: cannot be read: No such file"):
        read(tmp_path / "missing.conf")


def test_any_encoding_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.conf"
    file.write_bytes(b"\xef\xbb\xbf[s]\r\ncallerid = J\xe4rvi\r\n")
    [section] = read(file).named("s")
    assert section.get("callerid") == "J\udce4rvi"
