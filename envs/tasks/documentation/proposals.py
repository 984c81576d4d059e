"""The edits of a documentation task: what may be put into a docstring, at the places where it belongs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.seeding import digest
from envs.edits.candidate import Proposal, Span
from envs.tasks.documentation import phrases
from envs.tasks.documentation.closeness import STOP_WORDS
from envs.tasks.documentation.conventions import EXAMPLE, PARAMETER, RAISES, RETURNS, YIELDS, Convention, entry
from envs.tasks.documentation.facts import Facts, facts_of
from envs.tasks.documentation.outcomes import distorted
from envs.tasks.documentation.placing import blocks, entries, place
from envs.tasks.documentation.text import Docstring, Parsed, literal, read, row_starts, shown
from envs.tasks.documentation.visible import Example, Neighbour
from envs.tasks.documentation.words import phrase, sentence

FRAME, COMMENT, SUMMARY, DELETED, RENAMED = "frame", "comment", "summary", "deleted", "renamed"
KINDS = (FRAME, COMMENT, SUMMARY, PARAMETER, RETURNS, YIELDS, RAISES, EXAMPLE, DELETED, RENAMED)
_TYPES = ("str", "int", "list", "bool", "dict")
_ERRORS = ("ValueError", "TypeError", "KeyError", "IndexError")
_FOREIGN = 5


@dataclass(frozen=True, slots=True)
class Given:
    """All that may have an influence on what is proposed: nothing of it is hidden."""

    convention: Convention
    examples: tuple[Example, ...]
    neighbours: tuple[Neighbour, ...]


def proposals(source: str, given: Given) -> list[Proposal]:
    """
    The edits of a state, in a fixed order that says nothing of how apt they are.

    Raises:
        SyntaxError, EditError: it is no program text.
    """
    return sorted(_Maker(source, given).every(), key=lambda each: digest(each.kind, str(each.start), each.replacement))


class _Maker:
    """Anchors are places in ``text.shown(source)``, the code of which says what is so."""

    def __init__(self, source: str, given: Given) -> None:
        self.source, self.given = source, given
        self.parsed: Parsed = read(source)
        view = shown(source)
        self.facts: Facts = facts_of(view)
        self.rows = row_starts(source)

    def every(self) -> Iterator[Proposal]:
        doc = self.parsed.docstring
        if doc is None:
            yield from self._frames()
            return
        yield from self._summaries(doc)
        if doc.lines:
            yield from self._parameters(doc)
            yield from self._results(doc)
            yield from self._errors(doc)
            yield from self._examples(doc)
            yield from self._corrections(doc)

    def _frames(self) -> Iterator[Proposal]:
        at, indent = self.parsed.body, self.parsed.indent
        for text in phrases.summaries(self.facts, self.given.neighbours).every:
            yield Proposal(FRAME, at, at, literal(text, indent) + "\n", self.facts.span, salient(text))
            yield Proposal(COMMENT, at, at, f"{indent}# {text}\n", self.facts.span, salient(text))

    def _summaries(self, doc: Docstring) -> Iterator[Proposal]:
        old = doc.text.split("\n\n")[0]
        texts = [*phrases.mended(" ".join(old.split())), *phrases.summaries(self.facts, self.given.neighbours).every]
        if not doc.lines:
            for text in texts:
                new = literal(text, self.parsed.indent).lstrip()
                yield Proposal(SUMMARY, doc.start, doc.end, new, self.facts.span, salient(text), self._row(0))
            return
        start, end = doc.lines[0].end - len(doc.lines[0].text), doc.lines[old.count("\n")].end
        for text in texts:
            yield Proposal(SUMMARY, start, end, text, self.facts.span, salient(text), self._row(0))

    def _parameters(self, doc: Docstring) -> Iterator[Proposal]:
        named = {name for name, _, _ in entries(doc, self.given.convention)}
        names = [each.name for each in self.facts.parameters]
        for index, parameter in enumerate(self.facts.parameters):
            if parameter.name in named:
                continue
            kinds = self._types(parameter.kind)
            for number, says in enumerate(phrases.of_parameter(self.facts, parameter).every):
                for kind in ("", *(kinds if number < 2 else ())):
                    lines = entry(self.given.convention, PARAMETER, parameter.label, kind, says)
                    key = f"{parameter.name} {kind} {salient(says)}"
                    yield self._entry(doc, PARAMETER, lines, parameter.span, key, names[:index])
        for name, span in self._no_parameters(set(names) | named):
            for kind in ("", *self._types("")[:1]):
                lines = entry(self.given.convention, PARAMETER, name, kind, sentence(f"The {phrase(name)}"))
                yield self._entry(doc, PARAMETER, lines, span, f"{name} {kind}", names)

    def _no_parameters(self, known: set[str]) -> list[tuple[str, Span]]:
        """Local names, and parameters of other functions of the module."""
        found = {each.name: each.span for each in self.facts.others}
        near = [name for neighbour in self.given.neighbours for name in neighbour.parameters]
        found |= {name: self.facts.span for name in near if name not in found}
        return [(name, span) for name, span in found.items() if name not in known][: 2 * _FOREIGN]

    def _results(self, doc: Docstring) -> Iterator[Proposal]:
        if any(block.kind == RETURNS for block in blocks(doc, self.given.convention)):
            return
        spans = [each.span for each in self.facts.returned] or [self.facts.span]
        kinds = ("", *self._types(self.facts.result))
        for number, says in enumerate(phrases.of_result(self.facts).every):
            for kind in kinds if number < 3 else kinds[:1]:
                lines = entry(self.given.convention, RETURNS, "", kind, says)
                yield self._entry(doc, RETURNS, lines, spans[0], f"{kind} {salient(says)}")
            if number < 4:
                lines = entry(self.given.convention, YIELDS, "", "", says)
                yield self._entry(doc, YIELDS, lines, spans[0], salient(says))

    def _errors(self, doc: Docstring) -> Iterator[Proposal]:
        for raised in self.facts.raised:
            for says in phrases.of_error(self.facts, raised).every:
                yield self._error(doc, raised.name, says, raised.span)
        conditions = [each.when for each in self.facts.raised]
        some = next((f"If {when}." for when in conditions if when and len(when) < 40), "If the input is not valid.")
        for name, span in self._no_errors():
            yield self._error(doc, name, some, span)
            yield self._error(doc, name, "If something is wrong.", span)

    def _error(self, doc: Docstring, name: str, says: str, span: Span) -> Proposal:
        lines = entry(self.given.convention, RAISES, name, "", says)
        return self._entry(doc, RAISES, lines, span, f"{name} {salient(says)}")

    def _no_errors(self) -> list[tuple[str, Span]]:
        mentioned = [*self.facts.others, *self.facts.calls]
        own = [(each.name, each.span) for each in mentioned if each.name.endswith(("Error", "Exception"))]
        usual = [(name, self.facts.span) for name in _ERRORS]
        found = {name: span for name, span in reversed([*own, *usual]) if name not in self.facts.errors}
        return list(found.items())[::-1][:4]

    def _examples(self, doc: Docstring) -> Iterator[Proposal]:
        present = doc.text
        for index, example in enumerate(self.given.examples):
            if f">>> {example.call}\n" in present:
                continue
            wrong = distorted(example, self.given.examples, index)
            for each in (example, *wrong):
                lines = entry(self.given.convention, EXAMPLE, "", "", each.lines)
                yield self._entry(doc, EXAMPLE, lines, self.facts.span, f"{each.shown[:24]} {each.call}")

    def _corrections(self, doc: Docstring) -> Iterator[Proposal]:
        """Entries of parameters taken out, or said to be of another name."""
        listed = entries(doc, self.given.convention)
        known = {name for name, _, _ in listed}
        free = [each for each in self.facts.parameters if each.name not in known]
        for name, first, last in listed:
            line = doc.lines[first]
            begin = line.end - len(line.text) + line.text.index(name)
            anchor = self._anchor(first)
            start, end = doc.lines[first - 1].end, doc.lines[last].end
            yield Proposal(DELETED, start, end, "", anchor, name, self._row(first))
            for other in free:
                stop = begin + len(name)
                yield Proposal(RENAMED, begin, stop, other.name, anchor, f"{other.name} {name}", other.span[0])

    def _entry(
        self, doc: Docstring, kind: str, lines: Sequence[str], anchor: Span, text: str, before: Sequence[str] = ()
    ) -> Proposal:
        found = place(doc, self.given.convention, kind, lines, before)
        return Proposal(kind, found.at, found.at, found.text, anchor, text, self._row(found.line))

    def _row(self, line: int) -> int | None:
        """Where the docstring's line stands in the view."""
        return self.rows.get(line)

    def _anchor(self, line: int) -> Span:
        start = self.rows.get(line, self.facts.span[0])
        return start, start + 1

    def _types(self, kind: str) -> tuple[str, ...]:
        """``kind``, where it is known, and as many types that it isn't."""
        if self.given.convention is Convention.PLAIN:
            return ()
        others = tuple(each for each in _TYPES if each != kind)[:2]
        return (kind, *others) if kind and len(kind) <= 30 else others


def salient(text: str) -> str:
    """The words that tell a sentence from others: the policy has room for few."""
    words = [word.strip(".,()") for word in text.split()]
    return " ".join([word for word in words if word.lower() not in STOP_WORDS][:4]) or text[:24]
