"""English made of names: what a name is made of, and in which form a verb stands."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_VERBS = """
accept acquire add adjust advance align allocate analyse analyze append apply assert assign attach balance
begin bind blend break build cache calc calculate call cancel capitalize cast center change check choose chunk
clamp clean clear clip clone close coerce collapse collect combine compare compile complete compress compute
concat concatenate configure consume contain convert copy count cover create cut decode decompose decrement
deduplicate define delete derive describe deserialize detach detect determine diff discard dispatch display
divide draw drop dump emit encode ensure enter enumerate escape estimate evaluate evict exclude execute exit
expand export extend extract fetch fill filter find finish fit fix flatten flip flush fold forget format
generate get group guess handle hash identify ignore import include increment indent infer init initialize
insert inspect install intersect invert invoke iterate join keep limit list load locate lock log lookup make
map mark mask match measure merge minimize mix modify move multiply munge name normalize notify open order
pack pad parse partition patch peek perform permute pick pop populate predict prefix prepare prepend print
process produce pull purge push put quote raise read rebuild record reduce refine register release remove
rename render reorder repair repeat replace report represent reset resolve restore retrieve return reverse
rewrite rotate round run sample save scale scan search seek select send serialize set setup shift show shrink
shuffle simplify skip slice solve sort split squeeze start step stop store strip subtract sum swap switch sync
tokenize toggle trace track transform translate transpose traverse trim truncate try unescape unify union
unlock unpack unquote unwrap update use validate verify visit walk warn wrap write yield zip
"""
VERBS = frozenset(_VERBS.split())
SHORT = {
    **{"calc": "calculate", "init": "initialize", "concat": "concatenate", "diff": "compare", "setup": "set up"},
    **{"str": "string", "num": "number", "idx": "index", "val": "value", "vals": "values", "msg": "message"},
    **{"func": "function", "fn": "function", "attr": "attribute", "attrs": "attributes", "arg": "argument"},
    **{"args": "arguments", "kwargs": "keyword arguments", "obj": "object", "seq": "sequence", "iter": "iterator"},
    **{"dict": "dictionary", "char": "character", "chars": "characters", "len": "length", "cls": "class"},
    **{"param": "parameter", "params": "parameters", "src": "source", "dst": "destination", "tmp": "temporary value"},
    **{"ctx": "context", "cfg": "configuration", "config": "configuration", "spec": "specification", "fmt": "format"},
    **{"elem": "element", "err": "error", "exc": "exception", "ns": "namespace", "prev": "previous", "cur": "current"},
    **{"dir": "directory", "max": "maximum", "min": "minimum", "prec": "precision", "expr": "expression"},
    **{"kw": "keyword", "kwds": "keywords", "nums": "numbers", "pos": "position", "info": "information"},
}
OPPOSITES = {
    **{"add": "remove", "remove": "add", "get": "set", "set": "clear", "encode": "decode", "decode": "encode"},
    **{"read": "write", "write": "read", "open": "close", "close": "open", "push": "pop", "pop": "push"},
    **{"split": "join", "join": "split", "pack": "unpack", "unpack": "pack", "parse": "format", "format": "parse"},
    **{"quote": "unquote", "unquote": "quote", "escape": "unescape", "unescape": "escape", "start": "stop"},
    **{"insert": "delete", "delete": "insert", "load": "dump", "dump": "load", "merge": "split", "copy": "move"},
    **{"lock": "unlock", "append": "remove", "extend": "clear", "update": "reset", "find": "replace", "is": "make"},
}
SPECIAL = {
    "eq": "Return whether both are equal.",
    "ne": "Return whether both differ.",
    "lt": "Return whether it is less.",
    "le": "Return whether it is less or equal.",
    "gt": "Return whether it is greater.",
    "len": "Return the length.",
    "ge": "Return whether it is greater or equal.",
    "hash": "Return the hash.",
    "repr": "Return the representation.",
    "str": "Return the text.",
    "init": "Initialize the object.",
    "new": "Create the object.",
    "iter": "Iterate over it.",
    "contains": "Return whether it contains the item.",
    "getitem": "Return an item.",
    "setitem": "Set an item.",
    "delitem": "Delete an item.",
    "call": "Call the object.",
    "enter": "Enter the context.",
    "exit": "Leave the context.",
    "add": "Return the sum.",
    "sub": "Return the difference.",
    "mul": "Return the product.",
    "bool": "Return the truth.",
    "truediv": "Return the quotient.",
    "floordiv": "Return the whole quotient.",
    "mod": "Return the remainder.",
    "neg": "Return the negation.",
    "abs": "Return the absolute value.",
    "and": "Return the intersection.",
    "or": "Return the union.",
    "xor": "Return the symmetric difference.",
    "getattr": "Return an attribute.",
    "setattr": "Set an attribute.",
    "next": "Return the next item.",
    "reversed": "Iterate in reverse order.",
}


def is_verb(word: str) -> bool:
    """Whether a function's name that begins so says what it does."""
    return word in VERBS or (len(word) > 5 and word.endswith(("ize", "ise", "ify", "ate")))


def parts(name: str) -> list[str]:
    """``getLineNumber`` and ``get_line_number`` both give ``get``, ``line``, ``number``."""
    return [part.lower() for part in _PARTS.findall(name)] or [name.strip("_").lower() or name]


def spoken(words: list[str]) -> str:
    """The words of a name with their usual abbreviations written out."""
    return " ".join(SHORT.get(word, word) for word in words)


def phrase(name: str) -> str:
    """A name as a person says it."""
    return spoken(parts(name))


def participle(verb: str) -> str:
    """``split`` gives ``split``, ``make`` ``made``, ``convert`` ``converted``."""
    known = {
        **{"split": "split", "make": "made", "find": "found", "get": "current", "cut": "cut", "put": "put"},
        **{"strip": "stripped", "wrap": "wrapped", "trim": "trimmed", "drop": "dropped", "map": "mapped"},
        **{"read": "read", "write": "written", "build": "built", "set": "set", "quote": "quoted", "zip": "zipped"},
        **{"flip": "flipped", "swap": "swapped", "clip": "clipped", "skip": "skipped", "pop": "popped"},
    }
    if verb in known:
        return known[verb]
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2:-1] not in "aeiou" else verb + "ed"


def imperative(word: str) -> str:
    """``Returns`` gives ``Return``; a word that is no verb in the third person stays."""
    for end, other in (("ies", "y"), ("es", ""), ("s", "")):
        base = word[: -len(end)] + other
        if word.endswith(end) and base.lower() in VERBS:
            return base
    return word


def sentence(text: str) -> str:
    """``text`` with a capital letter at its start and a full stop at its end."""
    text = " ".join(text.split()).rstrip(".,;: ")
    return text[:1].upper() + text[1:] + "."
