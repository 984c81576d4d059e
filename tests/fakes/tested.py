"""Mined functions without mining: real code on inputs and with mutants that a test names."""

import importlib
import inspect
import pickle
from collections.abc import Sequence

from core.records import Check, Provenance
from envs.edits.grammar import apply, candidates
from envs.edits.program import program_text
from envs.tasks.mining.record import MinedFunction, Mutant


def mined(module: str, qualname: str, inputs: Sequence[tuple], *, mutants: int = 60) -> MinedFunction:
    """``inputs``: positional arguments. As many of the grammar's edits, evenly spread, stand for mutants."""
    text = inspect.getsource(importlib.import_module(module))
    program = program_text(text, qualname)
    edits = [each.edit for each in candidates(program.text)]
    chosen = [edits[at * len(edits) // mutants] for at in range(mutants)]
    return MinedFunction(
        module=module,
        qualname=qualname,
        source=program.text,
        provenance=Provenance("python", "3", "PSF", f"{module}.py", program.first_line),
        header_lines=program.header_lines,
        checks=tuple(Check(f"c{at}", pickle.dumps((args, {})), b"") for at, args in enumerate(inputs)),
        fresh=(),
        kill_rate=1.0,
        coverage=1.0,
        returning=len(inputs),
        digest=qualname,
        mutants=tuple(Mutant(apply(program.text, edit), (), (edit.operator,), (at,)) for at, edit in enumerate(chosen)),
    )
