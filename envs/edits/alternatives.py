"""
What a candidate edit puts in place of an expression, as a pair of expressions that can be evaluated side by side.

Mutation testing calls a mutant *infected* by a test when the changed expression has another value there (Just, Ernst
and Fraser, "Efficient Mutation Analysis by Propagating and Partitioning Infected Execution States", ISSTA 2014). One
run of the program as it is says so for all candidates at once: an edit that changes nothing in any failing check
can't be the repair. Expressions that call what may have effects have no pair, nor do edits of statements.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from envs.edits.candidate import Candidate, Span
from envs.edits.tree import children, walk
from envs.edits.view import View, view_of

PURE_CALLS = frozenset(
    """
    abs all any ascii bin bool bytes callable chr complex dict divmod enumerate float format frozenset getattr hasattr
    hash hex int isinstance issubclass len list max min oct ord range repr reversed round set slice sorted str sum
    tuple type zip
    """.split()  # noqa: SIM905  a word a line would hide the rest of the file
)
# Of strings, bytes and containers; an object of another type may do anything, and spoils no more than the evidence.
PURE_METHODS = frozenset(
    """
    as_integer_ratio bit_length capitalize casefold center copy count decode difference encode end endswith expandtabs
    find format get group groups hex index intersection isalnum isalpha isascii isdecimal isdigit isdisjoint
    isidentifier islower isnumeric isprintable isspace issubset issuperset istitle isupper items join keys ljust lower
    lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip span split
    splitlines start startswith strip swapcase symmetric_difference title translate union upper values zfill
    """.split()  # noqa: SIM905
)
_PLAIN = (
    ast.Constant | ast.Name | ast.Attribute | ast.Subscript | ast.BinOp | ast.BoolOp | ast.UnaryOp | ast.Compare
    | ast.IfExp | ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Slice | ast.JoinedStr | ast.FormattedValue
)  # fmt: skip
_Node = ast.expr | ast.Assign | ast.AugAssign
_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_CALLED = re.compile(r"(\.?)\s*([A-Za-z_]\w*)\s*\(")
_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "for", "lambda", "await", "yield"})
# Evaluated apart, these can take forever, effects, or another meaning (a class's private names).
_UNFIT = re.compile(r"\*\*|<<|:=|\n|\bawait\b|\byield\b|\blambda\b|\.__(?!\w*__\b)\w")
# What every unfit text holds one of: quicker to look for than the pattern.
_UNFIT_SIGNS = ("**", "<<", ":=", "\n", "await", "yield", "lambda", ".__")


class Site(NamedTuple):
    """
    An expression of the program. ``lines``: before either of these is executed, its value is due. ``truth``: only
    whether it is true matters. ``nested``: it opens a scope of its own (a comprehension), which sees no locals.
    """

    lines: tuple[int, ...]
    truth: bool
    nested: bool
    original: str


class Alternatives(NamedTuple):
    """``pairs``: (index of the site, what to evaluate instead, index of the candidate)."""

    sites: tuple[Site, ...]
    pairs: tuple[tuple[int, str, int], ...]


def alternatives(source: str, candidates: Sequence[Candidate]) -> Alternatives:
    """The pairs for as many of ``candidates`` (those of ``source``, by their index) as have one."""
    return _Finder(view_of(source)).find(candidates)


class _Place(NamedTuple):
    """A stretch of text that can be evaluated once it stands between ``before`` and ``after``."""

    span: Span
    site: Site
    before: str = "("
    after: str = ")"


class _Gap(NamedTuple):
    """A place, or the space between an assignment's target and value, with an edit's span cut out of it."""

    site: Site
    left: str
    right: str
    place: _Place | None = None
    assignment: ast.Assign | ast.AugAssign | None = None


class _Finder:
    def __init__(self, view: View) -> None:
        self._view = view
        self._pure: dict[int, bool] = {}
        self._places: dict[int, _Place | None] = {}
        self._wholes: dict[int, _Place | None] = {}
        self._sites: dict[Site, int] = {}
        self._nodes = [node for node in view.order if isinstance(node, _Node)]

    def find(self, candidates: Sequence[Candidate]) -> Alternatives:
        spans = dict.fromkeys((each.edit.start, each.edit.end) for each in candidates)
        gaps = {
            span: self._gap(node, *span)
            for span, node in zip(spans, self._smallest(list(spans)), strict=True)
            if node is not None
        }
        pairs: list[tuple[int, str, int]] = []
        for index, (edit, *_) in enumerate(candidates):
            gap = gaps.get((edit.start, edit.end))
            if gap is not None and "\n" not in edit.replacement:
                text = self._filled(gap, edit.replacement)
                if text is not None:
                    pairs.append((self._sites.setdefault(gap.site, len(self._sites)), text, index))
        return Alternatives(tuple(self._sites), tuple(pairs))

    def _smallest(self, edits: Sequence[Span]) -> list[_Node | None]:
        """For each edit, the innermost node that holds it whole."""
        if not self._nodes or not edits:
            return [None] * len(edits)
        # Nodes are in order, outer ones first: of those around an edit the last is the innermost.
        spans = np.array([self._view.span(node) for node in reversed(self._nodes)], np.int32)
        starts, ends = np.array(edits, np.int32).T[:, :, None]
        inside = (spans[:, 0] <= starts) & (spans[:, 1] >= ends)
        best, held = np.argmax(inside, axis=1).tolist(), np.any(inside, axis=1).tolist()
        return [self._nodes[-1 - at] if found else None for at, found in zip(best, held, strict=True)]

    def _gap(self, node: _Node, start: int, end: int) -> _Gap | None:
        """What stands around an edit, where its result can be evaluated."""
        if isinstance(node, ast.Assign | ast.AugAssign):
            return self._assignment(node, start, end)
        place = self._place(node)
        if place is None or not (place.span[0] <= start and end <= place.span[1]):
            return None
        text = self._view.text
        return _Gap(place.site, text[place.span[0] : start], text[end : place.span[1]], place=place)

    def _filled(self, gap: _Gap, replacement: str) -> str | None:
        """What to evaluate once ``replacement`` stands in the gap; None where that isn't to be."""
        put = gap.left + replacement + gap.right
        if gap.place is not None:
            return gap.place.before + put + gap.place.after if _fit(put) else None
        return None if gap.assignment is None else self._combined(gap.assignment, put)

    def _assignment(self, node: ast.Assign | ast.AugAssign, start: int, end: int) -> _Gap | None:
        """``x += y`` for ``x -= y`` or ``x = y``: the operator stands in no expression."""
        target = _target(node)
        first, last = self._view.end(target), self._view.start(node.value)
        if not (first <= start and end <= last) or not (self._is_pure(target) and self._is_pure(node.value)):
            return None
        text = self._view.text
        was = self._combined(node, text[first:last])
        if was is None:
            return None
        site = Site((node.lineno,), False, _nested(node.value), was)
        return _Gap(site, text[first:start], text[end:last], assignment=node)

    def _combined(self, node: ast.Assign | ast.AugAssign, operator: str) -> str | None:
        """``operator`` between target and value, as an expression; None where it is none."""
        operator = operator.strip()
        value = f"({self._view.source(node.value)})"
        if not operator.endswith("=") or not _fit(operator):
            return None
        return value if operator == "=" else f"({self._view.source(_target(node))}) {operator[:-1]} {value}"

    def _place(self, node: ast.expr) -> _Place | None:
        if id(node) not in self._places:
            top = self._top(node)
            self._places[id(node)] = self._arguments(node) if top is None else self._whole(top)
        return self._places[id(node)]

    def _whole(self, top: ast.expr) -> _Place | None:
        if id(top) not in self._wholes:
            self._wholes[id(top)] = self._made(top)
        return self._wholes[id(top)]

    def _made(self, top: ast.expr) -> _Place | None:
        span, text = self._view.span(top), self._view.source(top)
        if not _fit(text):
            return None
        slot = self._view.slot(top)
        truth = slot.field == "test" and isinstance(slot.parent, ast.If | ast.While | ast.Assert)
        before = "list(" if isinstance(top, ast.GeneratorExp) else "("
        site = Site(self._lines(top), truth, _nested(top), f"{before}{text})")
        return _Place(span, site, before)

    def _arguments(self, node: ast.expr) -> _Place | None:
        """All positional arguments of a call that itself can't be evaluated, as a tuple."""
        if not isinstance(node, ast.Call) or node.keywords or not node.args or self._enclosed(node):
            return None
        if not all(self._is_pure(each) and not isinstance(each, ast.GeneratorExp) for each in node.args):
            return None
        span = self._view.start(node.args[0]), self._view.end(node.args[-1])
        text = self._view.text[slice(*span)]
        if not _fit(text):
            return None
        nested = any(_nested(each) for each in node.args)
        return _Place(span, Site(self._lines(node), False, nested, f"({text},)"), "(", ",)")

    def _top(self, node: ast.expr) -> ast.expr | None:
        """The largest expression around ``node`` that can be evaluated where the program stands; None if none can."""
        best = node if self._can(node) else None
        outer = True  # until it is known to be inside a comprehension, which has variables of its own
        below: ast.AST = node
        for parent in self._view.ancestors(node):
            if isinstance(parent, ast.stmt | ast.Lambda):
                break
            if isinstance(parent, ast.comprehension):
                outer = below is parent.iter
            elif isinstance(parent, _COMPREHENSION):
                first = below is parent.generators[0] and outer
                best, outer = best if first else None, True
            if isinstance(parent, ast.expr) and self._can(parent):
                best = parent
            below = parent
        return best

    def _enclosed(self, node: ast.expr) -> bool:
        return any(isinstance(parent, _COMPREHENSION) for parent in self._view.ancestors(node))

    def _can(self, node: ast.expr) -> bool:
        loaded = isinstance(getattr(node, "ctx", None), ast.Load | None)
        return loaded and self._is_pure(node) and not isinstance(node, ast.Slice | ast.Starred | ast.FormattedValue)

    def _is_pure(self, node: ast.AST) -> bool:
        known = self._pure.get(id(node))
        if known is None:
            known = self._pure[id(node)] = self._judge(node)
        return known

    def _judge(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            fit = _pure_call(node)
        elif isinstance(node, ast.expr):
            fit = isinstance(node, _PLAIN | _COMPREHENSION | ast.Starred)
        else:
            fit = not isinstance(node, ast.stmt)
        return fit and all(self._is_pure(child) for child in children(node))

    def _lines(self, node: ast.expr) -> tuple[int, ...]:
        """Where the statement begins, and where the expression does: either may be what the interpreter reports."""
        for parent in self._view.ancestors(node):
            if isinstance(parent, ast.match_case):
                break
            if isinstance(parent, ast.stmt):
                return tuple(sorted({parent.lineno, node.lineno}))
        return (node.lineno,)


def _pure_call(node: ast.Call) -> bool:
    match node.func:
        case ast.Name(id=name):
            return name in PURE_CALLS
        case ast.Attribute(attr=name):
            return name in PURE_METHODS
    return False


@lru_cache(maxsize=4096)
def _fit(text: str) -> bool:
    """Whether a text may be evaluated: every call in it is a pure one."""
    if any(sign in text for sign in _UNFIT_SIGNS) and _UNFIT.search(text):
        return False
    return "(" not in text or all(
        name in (PURE_METHODS if dot else PURE_CALLS) or (not dot and name in _WORDS)
        for dot, name in _CALLED.findall(text)
    )


def _target(node: ast.Assign | ast.AugAssign) -> ast.expr:
    return node.target if isinstance(node, ast.AugAssign) else node.targets[0]


def _nested(node: ast.AST) -> bool:
    return any(isinstance(each, _COMPREHENSION) for each in walk(node))
