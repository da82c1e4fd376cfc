"""The table is whole: no door, no kind of wrong, without a case or a reason."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.hostile.table import OTHERS_GO_ON, TABLE, Cannot, Cell, Door, Wrong

TESTS = Path(__file__).parents[1]
CELLS = [(door, wrong) for door in Door for wrong in Wrong]


@cache
def proofs_in(file: str) -> frozenset[str]:
    """The tests of a file, with their classes' names before them."""
    body = ast.parse((TESTS / file).read_text()).body
    found = set()
    for node in body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {
            before + one.name
            for one in inner
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
            and one.name.startswith("test_")
        }
    return frozenset(found)


@pytest.mark.parametrize(("door", "wrong"), CELLS)
def test_each_cell_has_a_case_or_a_reason(door: Door, wrong: Wrong) -> None:
    check(TABLE.get(door, {}).get(wrong), f"{door} x {wrong}")


@pytest.mark.parametrize("door", Door)
def test_of_each_door_it_is_proved_that_the_others_go_on(door: Door) -> None:
    check(OTHERS_GO_ON.get(door), f"{door}, the others go on")


def check(cell: Cell | None, name: str) -> None:
    """That there is a proof, by its name, or a reason why there is none."""
    assert cell, f"{name}: neither a case nor a reason why it cannot be"
    if isinstance(cell, Cannot):
        assert cell.because
        return
    for proof in cell:
        file, _, test = proof.partition("::")
        assert test in proofs_in(file), f"{name}: there is no {proof}"
