"""What the goals of a documentation task measure: each measure is 0 where nothing is wrong, or a number to keep low."""

from __future__ import annotations

import ast
import doctest
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from core.protocols import Executor
from core.records import CheckResult, Goal, Task
from envs.sandbox.lane import Caller, Reply
from envs.tasks.documentation.closeness import closeness
from envs.tasks.documentation.conventions import Convention
from envs.tasks.documentation.facts import Facts, facts_of
from envs.tasks.documentation.reading import Entry, Reading, reading_of
from envs.tasks.documentation.style import faults
from envs.tasks.documentation.text import Parsed, read, without_docstring
from envs.tasks.documentation.visible import neighbours_of
from envs.tasks.documentation.words import parts, phrase
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.states import result_of

CODE, PRESENT, PARAMETER, RAISES, RETURNS = "code changed", "no docstring", "parameter", "raises", "returns"
EXAMPLE, INVENTED, STYLE, LENGTH = "example", "invented", "style", "words"
CLAIMS, DISTANCE, ABOUT = "claims", "distance", "about"
JOB = "envs.tasks.documentation.job:run"
_UNFINISHED = re.compile(r"^\W*(todo|fixme|xxx|tbd|docstring|document(ation)? (me|this))\b", re.IGNORECASE)
_DEFAULT = re.compile(r"\bdefaults? (?:to |is )?(.+?)\)?\.?$", re.IGNORECASE)
# No figures: they would lead to the words of the original one by one.
_UNTRUE, _AFAR = "says what is not so", "does not say what it does"
# Types of which a docstring's word for them is taken at its word.
_KNOWN = frozenset({"int", "float", "str", "bytes", "bool", "list", "tuple", "dict", "set", "callable"})


@dataclass(frozen=True)
class State:
    """A state of a task, read once. Raises SyntaxError or EditError on the first look where it is no program text."""

    task: Task
    source: str
    executor: Executor
    runs: list[Reply] = field(default_factory=list)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the sandbox's children."""
        return sum(reply.cpu_s for reply in self.runs)

    @cached_property
    def parsed(self) -> Parsed:
        """The text, read."""
        return read(self.source)

    @cached_property
    def facts(self) -> Facts:
        """Of the start state: what an agent does to the code doesn't change what has to be documented."""
        return facts_of(self.task.source)

    @cached_property
    def convention(self) -> Convention:
        """The one that the task demands."""
        return convention(self.task)

    @cached_property
    def text(self) -> str:
        """The docstring, cleaned, or nothing."""
        return self.parsed.docstring.text if self.parsed.docstring else ""

    @cached_property
    def reading(self) -> Reading:
        """What the docstring says."""
        return reading_of(self.text, self.convention)


def convention(task: Task) -> Convention:
    """The one that a task demands."""
    return Convention(next(goal.text for goal in task.goals if goal.measure == STYLE))


def passes(state: State) -> bool:
    """Whether every goal is reached; what costs a run is only run where the rest is reached. Raises as ``measured``."""
    goals = sorted(state.task.goals, key=lambda goal: goal.measure in (EXAMPLE, STYLE))
    return all(measured(state, goal).passed for goal in goals)


def measured(state: State, goal: Goal) -> CheckResult:
    """
    The result of one goal.

    Raises:
        SyntaxError, EditError: the state is no program text. SandboxError: the sandbox or ruff failed.
    """
    return result_of(goal, *MEASURES[goal.measure](state, goal))


def _code(state: State, goal: Goal) -> tuple[float, str]:
    same = without_docstring(state.source) == without_docstring(state.task.source)
    return float(not same), "the code is another one"


def _present(state: State, goal: Goal) -> tuple[float, str]:
    return float(not is_summary(state.reading.summary, state.facts.name)), "no docstring with a summary"


def is_summary(text: str, name: str) -> bool:
    """Whether ``text`` says something: more than one word, more than the function's name, and no note to oneself."""
    words = re.findall(r"[A-Za-z]+", text)
    said = {word.lower() for word in words} - set(parts(name))
    return len(words) > 1 and bool(said) and not _UNFINISHED.match(text)


def _parameter(state: State, goal: Goal) -> tuple[float, str]:
    found = [entry for entry in state.reading.parameters if entry.name == goal.text]
    return float(not any(map(_describes, found))), f"the parameter {goal.text} is not described"


def _raises(state: State, goal: Goal) -> tuple[float, str]:
    found = [entry for entry in state.reading.raises if entry.name.rpartition(".")[2] == goal.text]
    return float(not any(map(_describes, found))), f"{goal.text} is raised and not described"


def _returns(state: State, goal: Goal) -> tuple[float, str]:
    found = state.reading.yields if state.facts.yields else state.reading.gives
    return float(
        not any(map(_describes, found))
    ), f"what it {'yields' if state.facts.yields else 'returns'} is not said"


def _describes(entry: Entry) -> bool:
    return len({word.lower() for word in re.findall(r"[A-Za-z]+|\d+", entry.says)} - {entry.name.lower()}) > 0


def _invented(state: State, goal: Goal) -> tuple[float, str]:
    """Parameters, exceptions and results that don't exist, what is named twice, and a summary of another function."""
    reading, facts = state.reading, state.facts
    named = [entry.name for entry in reading.parameters]
    errors = [entry.name.rpartition(".")[2] for entry in reading.raises]
    real = {*facts.errors, *(["AssertionError"] if facts.asserts else [])}
    wrong = [name for name in named if name not in {each.name for each in facts.parameters}]
    wrong += [name for name in errors if name not in real]
    wrong += ["a result"] * (bool(reading.gives) and not facts.returned)
    wrong += ["a generator"] * (bool(reading.yields) and not facts.yields)
    wrong += [name for name, count in Counter(named).items() if count > 1]
    wrong += [f"the summary of {name}" for name in _copied(state)]
    wrong += ["a second result"] * (len(reading.gives) + len(reading.yields) > _most_results(state.convention))
    return len(wrong), "described but not there, or twice: " + ", ".join(wrong)


def _copied(state: State) -> list[str]:
    """Of which neighbour the summary is, unless it stood there at the start."""
    doc = read(state.task.source).docstring
    before = reading_of(doc.text, state.convention).summary if doc else ""
    summary = state.reading.summary
    near = neighbours_of(state.task.files)
    return [each.name for each in near if each.summary == summary][:1] if summary not in ("", before) else []


def _most_results(convention: Convention) -> int:
    # Of plain text, the summary may already say what is returned.
    return 2 if convention is Convention.PLAIN else 1


def _example(state: State, goal: Goal) -> tuple[float, str]:
    """0: it has examples, at least one is nothing but a call of the function, and all show what comes of them."""
    examples = state.reading.examples
    if state.reading.torn or not any(calls(each, state.facts.name) for each in examples):
        return 1, "no example calls the function"
    if not isinstance(state.executor, Caller):
        raise TypeError(f"{type(state.executor).__name__} can't run examples: it has no call")
    request = pack({"module": state.task.module, "sources": [each.source for each in examples]})
    reply = state.executor.call(JOB, request, modules=(state.task.module,))
    state.runs.append(reply)
    if reply.data is None:
        return 1, "an example does not come to an end"
    shown, _ = unpack(reply.data)
    wrong = [e for e, (text, message) in zip(examples, shown, strict=True) if not matches(e, text, message)]
    return len(wrong), "an example shows something else than what comes of it"


def calls(example: doctest.Example, name: str) -> bool:
    """Whether it is a call of the function alone, and says what comes of it."""
    try:
        body = ast.parse(example.source).body
    except (SyntaxError, ValueError):
        return False
    node = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    called = node.func if isinstance(node, ast.Call) else None
    # Operators call the methods that are named for them; so do constructors.
    named = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return named == name and bool(example.want.strip())


def matches(example: doctest.Example, text: str, message: str | None) -> bool:
    """Compares as ``doctest`` does."""
    checker = doctest.OutputChecker()
    if message is None:
        return example.exc_msg is None and checker.check_output(example.want, text, 0)
    return example.exc_msg is not None and checker.check_output(example.exc_msg, message, 0)


def _style(state: State, goal: Goal) -> tuple[float, str]:
    found = faults(state.source, state.convention)
    return len(found), "; ".join(f"{each.code} {each.message}" for each in found[:2])


def _length(state: State, goal: Goal) -> tuple[float, str]:
    return len(state.text.split()), ""


def _claims(state: State, goal: Goal) -> tuple[float, str]:
    """
    What is said and isn't so: types, defaults, and descriptions that are another parameter's. ``goal.text``: the types
    that runs showed, ``name=type|type`` by ``;``, "" for the result.
    """
    truths = {name: set(kinds.split("|")) for name, _, kinds in (each.partition("=") for each in goal.text.split(";"))}
    results = (*state.reading.gives, *state.reading.yields)
    entries = [*state.reading.parameters, *(Entry("", each.typed, each.says) for each in results)]
    wrong = sum(not _fits(entry.typed, truths.get(entry.name, set())) for entry in entries)
    wrong += sum(_denied(each.says) for each in entries)
    wrong += sum(_misdescribed(each, state.facts) for each in state.reading.parameters)
    return wrong, _UNTRUE


def _fits(typed: str, truths: set[str]) -> bool:
    said = typed.partition("[")[0].strip()
    if said not in _KNOWN or not truths:
        return True
    return said in truths or (said == "float" and truths == {"int"})


def _denied(says: str) -> bool:
    """Whether it is said that there is nothing to say."""
    return says.rstrip(".").lower() in ("not used", "unused", "nothing", "none")


def _misdescribed(entry: Entry, facts: Facts) -> bool:
    """Another default than it has, or words of another parameter's name and none of its own."""
    said = _DEFAULT.search(entry.says)
    own = {each.name: each for each in facts.parameters}
    if said is not None and entry.name in own and said[1].rstrip(".)") != own[entry.name].default.rstrip(".)"):
        return True
    words = set(re.findall(r"[a-z]+|\d+", entry.says.lower()))
    others = [set(phrase(name).split()) for name in own if name != entry.name]
    return not words & set(phrase(entry.name).split()) and any(other <= words for other in others)


def _distance(state: State, goal: Goal) -> tuple[float, str]:
    """``goal.text``: the prose of the docstring that the function had."""
    return 1 - closeness(state.reading.prose, goal.text), _AFAR


def _about(state: State, goal: Goal) -> tuple[float, str]:
    """``goal.text``: what the summary should speak of, in words of the function's name."""
    return 1 - closeness(state.reading.summary, goal.text), _AFAR


MEASURES: dict[str, Callable[[State, Goal], tuple[float, str]]] = {
    CODE: _code,
    PRESENT: _present,
    PARAMETER: _parameter,
    RAISES: _raises,
    RETURNS: _returns,
    EXAMPLE: _example,
    INVENTED: _invented,
    STYLE: _style,
    LENGTH: _length,
    CLAIMS: _claims,
    DISTANCE: _distance,
    ABOUT: _about,
}
