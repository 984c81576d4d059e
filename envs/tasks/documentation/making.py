"""Tasks of one function: what its docstring owes to its code, start states of several sorts, and their references."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.protocols import Executor
from core.records import Category, Edit, Goal, SourceFile, Task, task_id
from core.seeding import derive_seed
from envs.edits.grammar import apply
from envs.edits.program import function_node
from envs.sandbox.lane import Caller
from envs.tasks.category import Bench, Material
from envs.tasks.documentation import measures
from envs.tasks.documentation.closeness import STOP_WORDS, closeness
from envs.tasks.documentation.conventions import Convention, convention_of
from envs.tasks.documentation.facts import Facts, facts_of
from envs.tasks.documentation.measures import State
from envs.tasks.documentation.outcomes import presentable
from envs.tasks.documentation.proposals import DELETED, RENAMED, proposals
from envs.tasks.documentation.reading import reading_of
from envs.tasks.documentation.search import given, solution_of
from envs.tasks.documentation.text import bare, read, with_docstring, without_docstring
from envs.tasks.documentation.visible import Example, Neighbour, examples_file, neighbours_file
from envs.tasks.documentation.words import SPECIAL, phrase
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.mining.oracle import with_path
from envs.tasks.mining.record import MinedFunction
from envs.tasks.packages import split_of

JOB = "envs.tasks.documentation.job:observe"
_MOST_PARAMETERS, _MOST_ERRORS, _MOST_EXAMPLES, _MOST_INPUTS, _MOST_NEIGHBOURS = 7, 4, 6, 14, 6
_LONGEST_DOCSTRING = 600
# Below this the original says nothing that names could tell, and what was found near it is chance.
_LEAST_CLOSENESS = 0.2
_COARSE, _FINE = 0.65, 0.85
_MANY_NEEDS = 9
_FEW_WORDS = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """A function to document: ``source`` without its docstring, which was ``original`` or nothing."""

    function: MinedFunction
    source: str
    original: str
    facts: Facts
    style: Convention
    examples: tuple[Example, ...]
    neighbours: tuple[Neighbour, ...]
    types: str

    @property
    def claims(self) -> Goal:
        """No type and no default is said that isn't so, as far as the code and its visible runs tell."""
        return Goal("claims", measures.CLAIMS, 0, self.types)

    @property
    def about(self) -> str:
        """What the summary should speak of: the words of the name, or what a special method is known for."""
        name = self.facts.name
        return SPECIAL.get(name.strip("_"), "") if name.startswith("__") else phrase(name)

    @property
    def prose(self) -> str:
        """What the original said; nothing where that was a signature or a word or two."""
        said = reading_of(self.original, convention_of([self.original])).prose
        words = {word for word in re.findall(r"[a-z]+", said.lower()) if word not in STOP_WORDS}
        return said if len(words) >= _FEW_WORDS and "(" not in said.split()[0] else ""

    def draft(self, source: str) -> Task:
        """A task from ``source`` with the goals that don't depend on a reference."""
        function = self.function
        files = (replace(function.file, text=source), *self._files())
        return Task(
            id="",
            category=Category.DOCUMENTATION,
            difficulty="",
            language="python",
            statement="",
            files=files,
            module=function.module,
            qualname=function.qualname,
            checks=(),  # equal code, as a goal demands, behaves equally
            fresh=(),
            reference=(),
            operators=(),
            provenance=function.provenance,
            split=split_of(function.provenance.package),
            seed=0,
            goals=tuple(self._goals()),
        )

    def _files(self) -> tuple[SourceFile, ...]:
        return examples_file(self.examples), neighbours_file(self.neighbours)

    def _goals(self) -> Iterator[Goal]:
        yield Goal("code", measures.CODE)
        yield Goal("present", measures.PRESENT)
        for each in self.facts.parameters:
            yield Goal(f"parameter {each.name}", measures.PARAMETER, 0, each.name)
        if self.facts.gives:
            yield Goal("returns", measures.RETURNS)
        for name in self.facts.errors:
            yield Goal(f"raises {name}", measures.RAISES, 0, name)
        if self.examples:
            yield Goal("example", measures.EXAMPLE)
        yield Goal("invented", measures.INVENTED)
        yield Goal("style", measures.STYLE, 0, self.style.value)


def subject_of(material: Material, executor: Executor) -> Subject | None:
    """What is to be documented; None where there is too little or too much of it."""
    function = material.function
    source, facts = bare(function.source), facts_of(function.source)
    needs = len(facts.parameters) + len(facts.errors) + facts.gives
    if len(facts.parameters) > _MOST_PARAMETERS or len(facts.errors) > _MOST_ERRORS or not 1 <= needs <= _MANY_NEEDS:
        return None
    doc = read(function.source).docstring
    original = doc.text if doc else ""
    if without_docstring(source) != without_docstring(function.source):
        return None
    found = list(_neighbours(material))
    style = convention_of([original, *(each.docstring for each in found)])
    examples, types = _observed(function, executor)
    near = tuple(each for each in found if each.name != facts.name)[:_MOST_NEIGHBOURS]
    return Subject(function, source, original, facts_of(source), style, examples, near, types)


def _neighbours(material: Material) -> Iterator[Neighbour]:
    """The functions of the module, the nearest in the file first."""
    here = material.function.provenance.line
    for each in sorted(material.siblings, key=lambda each: abs(each.first_line - here)):
        if each.text == material.function.source:
            continue
        node = function_node(ast.parse(each.text))
        names = tuple(arg.arg for arg in node.args.args if arg.arg not in ("self", "cls"))
        yield Neighbour(node.name, names, (ast.get_docstring(node) or "")[:_LONGEST_DOCSTRING])


def _observed(function: MinedFunction, executor: Executor) -> tuple[tuple[Example, ...], str]:
    """Examples of the visible checks, and the types that the calls show, as the goal of claims takes them."""
    if not isinstance(executor, Caller):
        raise TypeError(f"{type(executor).__name__} can't run examples: it has no call")
    inputs = [check.args for check in function.checks if check.visible][:_MOST_INPUTS]
    request = pack({"module": function.module, "qualname": function.qualname}, inputs)
    reply = executor.call(JOB, request, modules=(function.module,))
    if reply.data is None:
        return (), ""
    seen, _ = unpack(reply.data)
    pairs = [Example(call, shown.removesuffix("\n")) for call, shown in seen["examples"]]
    good = sorted((each for each in pairs if presentable(each)), key=_plainness)[:_MOST_EXAMPLES]
    returning = any(not each.shown.startswith("Traceback") for each in good)
    kinds = {name: [kind for kind in kinds if kind != "NoneType"] for name, kinds in seen["types"].items()}
    types = ";".join(f"{name}={kinds[0]}" for name, kinds in sorted(kinds.items()) if len(kinds) == 1)
    return (tuple(good) if returning else ()), types


def _plainness(example: Example) -> tuple[bool, bool, int]:
    """Results before exceptions, results that say something before others, short ones first."""
    empty = example.shown in ("''", "[]", "{}", "()", "0", "False", "None")
    return example.shown.startswith("Traceback"), empty, len(example.lines)


def tasks_of(subject: Subject, bench: Bench) -> Iterator[Task]:
    """Drafts become tasks with a reference and the goals that are measured by it; not verified yet."""
    rank = _rank(subject)
    missing = subject.draft(subject.source)
    whole = _solved(subject, missing, bench, rank)
    if whole is None:
        return
    yield _task(subject, missing, whole, "has no docstring")
    poor = subject.draft(with_docstring(subject.source, _poor(subject, bench.rng)))
    found = _solved(subject, poor, bench, rank)
    if found:
        yield _task(subject, poor, found, "has an unfinished docstring")
    yield from _nearly(subject, whole, bench)


def _solved(subject: Subject, draft: Task, bench: Bench, rank: Callable[[State], float]) -> tuple[Edit, ...] | None:
    parts = (measures.PARAMETER, measures.RAISES, measures.RETURNS, measures.EXAMPLE)
    order = bench.rng.permutation(sum(goal.measure in parts for goal in draft.goals))
    found = solution_of(draft, bench.executor, subject.claims, rank, [int(each) for each in order])
    return tuple(found) if found else None


def _rank(subject: Subject) -> Callable[[State], float]:
    if not subject.prose:
        return lambda state: closeness(state.reading.summary, subject.about)
    return lambda state: closeness(state.reading.prose, subject.prose)


def _poor(subject: Subject, rng: np.random.Generator) -> str:
    """The original's summary, or a note that something is to be done."""
    first = " ".join(subject.original.split("\n\n")[0].split())
    plain = 0 < len(first) <= 90 and "\\" not in first and '"' not in first and ">>>" not in first
    return first if plain and rng.random() < 0.7 else "TODO"


def _nearly(subject: Subject, whole: tuple[Edit, ...], bench: Bench) -> Iterator[Task]:
    """One part is missing, or one parameter goes by a name that it doesn't have any more."""
    texts = [subject.source]
    for edit in whole:
        texts.append(apply(texts[-1], edit))
    stale = list(_stale(subject, texts[-1]))
    if stale and bench.rng.random() < 0.4:
        draft, edit = stale[int(bench.rng.integers(len(stale)))]
        yield _task(subject, draft, (edit,), "has a docstring that is out of date")
    elif len(whole) > 1:
        missing = min(len(whole) - 1, int(bench.rng.integers(1, 3)))
        draft = subject.draft(texts[-1 - missing])
        yield _task(subject, draft, whole[-missing:], "has a docstring that lacks something")


def _stale(subject: Subject, text: str) -> Iterator[tuple[Task, Edit]]:
    """Start states in which a parameter is called by another name, with the edit that puts it right."""
    here = proposals(text, given(subject.draft(text)))
    names = [name for each in subject.neighbours for name in each.parameters]
    known = {each.name for each in subject.facts.parameters}
    other = next((name for name in names if name not in known and len(name) > 1), "")
    for name, at in ((each.text, each.start) for each in here if each.kind == DELETED and other):
        found = re.search(rf"\b{re.escape(name)}\b", text[at:])
        if found is None:
            raise AssertionError("an entry that doesn't name its parameter")
        begin = at + found.start()
        draft = subject.draft(text[:begin] + other + text[begin + len(name) :])
        yield draft, Edit("", begin, begin + len(other), name, RENAMED)


def _task(subject: Subject, draft: Task, edits: tuple[Edit, ...], fault: str) -> Task:
    text = draft.source
    for edit in edits:
        text = apply(text, edit)
    goals = (*draft.goals, subject.claims, *_reference_goals(subject, draft, text))
    identity = task_id(draft.category, draft.module, draft.qualname, draft.source, (), goals)
    return replace(
        draft,
        id=identity,
        goals=goals,
        difficulty="easy" if len(edits) == 1 else "medium" if len(edits) < 4 else "hard",
        statement=_statement(subject, fault),
        reference=with_path(edits, draft.files[0].path),
        operators=tuple(edit.operator for edit in edits),
        seed=derive_seed(0, identity),
        solution_edits=len(edits),
    )


def _reference_goals(subject: Subject, draft: Task, text: str) -> Iterator[Goal]:
    """What the reference reaches, with some room: not longer than half as long again, and as close to the original."""
    doc = read(text).docstring
    said = doc.text if doc else ""
    yield Goal("length", measures.LENGTH, len(said.split()) * 3 // 2 + 6, visible=False)
    reading = reading_of(said, subject.style)
    wanted = subject.about or reading.summary
    measure, near = measures.ABOUT, closeness(reading.summary, wanted)
    if subject.prose and closeness(reading.prose, subject.prose) >= _LEAST_CLOSENESS:
        measure, wanted, near = measures.DISTANCE, subject.prose, closeness(reading.prose, subject.prose)
    # Like a reader's word that something else is done: nobody can tell from the code alone how it will be put.
    yield Goal(f"{measure} coarse", measure, round(1 - _COARSE * near, 4), wanted)
    yield Goal(f"{measure} fine", measure, round(1 - _FINE * near, 4), wanted, visible=False)


def _statement(subject: Subject, fault: str) -> str:
    function, facts = subject.function, subject.facts
    styles = {
        Convention.GOOGLE: "Google's style",
        Convention.NUMPY: "numpy's style",
        Convention.REST: "field lists",
        Convention.PLAIN: "the plain text of PEP 257",
    }
    parts = ["what it does"]
    parts += ["its parameters"] * bool(facts.parameters) + ["what it returns"] * facts.gives
    parts += ["what it raises"] * bool(facts.errors) + ["an example that runs"] * bool(subject.examples)
    return f"{function.module}.{function.qualname} {fault}. Say in {styles[subject.style]}: {', '.join(parts)}."
