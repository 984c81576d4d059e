"""How likely each kind of value fits a parameter: from its annotation, default, name and use, then from experience."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from envs.tasks.mining.jobs.values import KIND_TYPES, MAKERS

_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"^(n|k|i|j|m|num.*|count|size|length|len|width|indent|depth|level|start|stop|end|step|index|idx|pos|offset|"
     r"limit|max.*|min.*|base|year|month|day|hour|minute|second|port|digits|.*_len|lineno|col.*|bits)$", ("int",)),
    (r"^(s|t|text|string|str|name|.*name|key|line|word|msg|message|prefix|suffix|sep.*|delim.*|path|.*path|url|"
     r"fmt|format.*|spec|char|ch|c|title|label|encoding|mode|tag|phrase|value|val|field|attr|header|pattern)$",
     ("str",)),
    (r"^(x|y|z|a|b|p|q|r|v|number|amount|factor|scale|ratio|weight|.*tol|prob.*|mu|sigma|alpha|beta)$",
     ("number", "int", "float")),
    (r"^(iterable|it|seq|sequence|items|lst|l|list|array|arr|values|xs|data|elements|population|source|args)$",
     ("list_int", "list_str", "list_any", "tuple")),
    (r"^(lines|words|names|strings|parts|paths|tokens|fields|keys|labels|headers|argv)$", ("list_str",)),
    (r"^(d|dct|dict|mapping|map|table|env|kwargs|options|opts|params|attrs|config|namespace|ns|other)$",
     ("dict", "int_dict")),
    (r"^(f|fn|func|function|callback|predicate|pred|key|keyfunc|cmp|op|default_factory|factory|selector)$",
     ("callable",)),
    (r"^(flag|is_.*|has_.*|use_.*|strict|verbose|reverse|quiet|force|ignore.*|allow.*|keep.*|strip.*|.*ends)$",
     ("bool",)),
    (r"^(b|buf|buffer|bytes|data|raw|chunk|payload|byts)$", ("bytes",)),
    (r"^(graph|g|adj|edges|tree)$", ("graph", "pairs", "ast")),
    (r"^(matrix|m|rows|grid|A|B|vectors|seqs|lists|iterables|tabular_data)$", ("matrix", "lists")),
    (r"^(point|p|pair|pos|xy|range|span|shape|box)$", ("int_pair",)),
    (r"^(dt|date|datetime|when|d|day)$", ("datetime", "date")),
    (r"^(td|delta|timedelta|duration|timeout)$", ("timedelta", "float")),
    (r"^(fp|file|stream|fd|f|fileobj|out|output|infile|readline)$", ("text_stream", "byte_stream")),
    (r"^(cls|type|klass|class_|typ|tp|t|exc.*)$", ("type",)),
    (r"^(node|tree)$", ("ast",)),
)  # fmt: skip
_SIGNS: dict[str, tuple[str, ...]] = {
    "iter": ("list_int", "list_str", "list_any", "tuple", "str", "set", "dict", "range", "lists"),
    "pairs": ("pairs", "text_pairs", "matrix"),
    "len": ("list_int", "list_str", "str", "tuple", "dict", "list_any"),
    "call": ("callable", "type"),
    "index": ("list_int", "list_str", "str", "tuple", "dict", "int_pair", "list_any", "matrix"),
    "slice": ("str", "list_int", "bytes", "tuple", "list_any"),
    "key": ("dict",),
    "subscript": ("int", "str"),
    "arithmetic": ("int", "number", "float"),
    "add": ("int", "number", "str", "list_int", "tuple"),
    "format": ("str", "int", "tuple"),
    "contains": ("str", "list_any", "set", "dict", "tuple"),
    "unpack": ("int_pair", "tuple", "pairs"),
}
_CALLED_WITH: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("len()", "list()", "iter()", "tuple()", "sorted()", "enumerate()", "set()", "zip()", "map()",
                     "reversed()", "sum()", "chain()"), ("list_int", "list_str", "list_any", "tuple", "str")),
    **dict.fromkeys(("int()", "range()", "chr()", "abs()", "divmod()", "round()", "islice()", "hex()", "bin()"),
                    ("int", "number")),
    **dict.fromkeys(("match()", "search()", "sub()", "findall()", "split()", "fullmatch()", "finditer()", "ord()",
                     "find()", "startswith()", "splitext()", "join()"), ("str", "list_str")),
    **dict.fromkeys(("float()", "sqrt()", "isnan()", "floor()", "ceil()", "log()", "exp()", "isfinite()"),
                    ("float", "int")),
    **dict.fromkeys(("dict()", "update()"), ("dict", "pairs")),
    **dict.fromkeys(("issubclass()",), ("type",)),
}  # fmt: skip
_CLASSES: dict[str, tuple[str, ...]] = {
    **{"str": ("str",), "int": ("int",), "float": ("float",), "bytes": ("bytes",), "list": ("list_any", "list_int")},
    **{"dict": ("dict", "int_dict"), "tuple": ("tuple", "int_pair"), "set": ("set",), "bool": ("bool",)},
    **{"Mapping": ("dict",), "Iterable": ("list_any", "list_int"), "Sequence": ("list_any", "tuple")},
    **{"Callable": ("callable",), "type": ("type",), "Decimal": ("decimal",), "Fraction": ("fraction",)},
    **{"date": ("date",), "datetime": ("datetime",), "timedelta": ("timedelta",), "bytearray": ("bytearray",)},
    **{"Number": ("number",), "Real": ("number",), "Integral": ("int",), "Iterator": ("list_any",)},
    **{"Any": ("list_any",)},
    **{"complex": ("complex",), "frozenset": ("frozenset",), "AST": ("ast",), "Pattern": ("pattern",)},
    **{"Optional": ("none",), "None": ("none",), "List": ("list_any",), "Dict": ("dict",), "Set": ("set",)},
}  # fmt: skip
_BASE = 0.12


def kind_weights(
    name: str, usage: Mapping[str, Any], default: object, has_default: bool, extra: Mapping[str, type]
) -> dict[str, float]:
    """
    Weights of all kinds for the parameter ``name``. ``usage`` is a ``ParameterUsage`` as JSON (it may be empty),
    ``extra`` maps further kinds to their classes.
    """
    weights = dict.fromkeys(MAKERS, _BASE) | dict.fromkeys(extra, _BASE)
    for pattern, kinds in _NAMES:
        if re.match(pattern, name):
            _raise(weights, kinds, 2.5)
    if has_default and default is not None:
        _raise(weights, [k for k, t in KIND_TYPES.items() if type(default) is t], 4.0)
    for sign in usage.get("signs", ()):
        _raise(weights, _SIGNS.get(sign, ()), 1.5)
        _raise(weights, _CALLED_WITH.get(sign, ()), 2.5)
    for constant in usage.get("constants", ()):
        _raise(weights, [k for k, t in KIND_TYPES.items() if type(constant) is t], 1.5)
    named = [*usage.get("classes", ()), *re.findall(r"\w+", usage.get("annotation", ""))]
    for word in named:
        _raise(weights, _CLASSES.get(word, ()), 4.0 if word in usage.get("classes", ()) else 8.0)
        _raise(weights, [k for k, t in extra.items() if t.__name__ == word], 8.0)
    _weigh_attributes(weights, usage, extra)
    return weights


def _weigh_attributes(weights: dict[str, float], usage: Mapping[str, Any], extra: Mapping[str, type]) -> None:
    """Kinds that have every attribute that is read gain most; kinds that lack all of them lose."""
    attributes = [a for a in usage.get("attributes", ()) if a != "__class__"]
    if attributes:
        for kind, kind_type in {**KIND_TYPES, **extra}.items():
            share = sum(hasattr(kind_type, a) for a in attributes) / len(attributes)
            weights[kind] = weights[kind] * 0.3 if not share else weights[kind] + 6.0 * share**3
    items = list(usage.get("items", ()))
    if items:
        for kind, item_type in (("list_str", str), ("list_int", int), ("lists", list)):
            weights[kind] += 5.0 * (all(hasattr(item_type, a) for a in items))


def _raise(weights: dict[str, float], kinds: Sequence[str], by: float) -> None:
    for kind in kinds:
        weights[kind] += by


class KindChoice:
    """
    A bandit over the kinds of one parameter: prior weight times smoothed mean reward. A kind that never works fades
    like 1/n; one that works when its neighbours do keeps its weight.
    """

    def __init__(self, prior: Mapping[str, float]) -> None:
        self.kinds = list(prior)
        self.index = {kind: at for at, kind in enumerate(self.kinds)}
        self.prior = list(prior.values())
        self.weights = list(self.prior)
        self.tries = [0.0] * len(self.kinds)
        self.rewards = [0.0] * len(self.kinds)

    def draw(self, rng: random.Random) -> str:
        """A kind, in proportion to its weight."""
        return rng.choices(self.kinds, self.weights)[0]

    def learn(self, kind: str, reward: float) -> None:
        """``reward``: 0 for a wrong type, up to 2 for something new."""
        at = self.index[kind]
        self.tries[at] += 1
        self.rewards[at] += reward
        mean = (self.rewards[at] + 0.4) / (0.5 * self.tries[at] + 0.4)
        self.weights[at] = max(0.01, self.prior[at] * mean)
