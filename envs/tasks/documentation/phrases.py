"""Sentences that may stand in a docstring, made of names, annotations, defaults and code: apt and tempting ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from envs.tasks.documentation.facts import Facts, Parameter, Raised
from envs.tasks.documentation.visible import Neighbour
from envs.tasks.documentation.words import (
    OPPOSITES,
    SPECIAL,
    imperative,
    is_verb,
    participle,
    parts,
    phrase,
    sentence,
    spoken,
)

_LONGEST = 76
_NOUNS = {"str": "text", "int": "number", "float": "number", "bytes": "data", "bool": "flag", "dict": "mapping"}
_NOUNS |= {"callable": "function", "list": "list", "tuple": "tuple", "set": "set", "iterable": "items"}
_ASKING = frozenset({"is", "has", "can", "should", "are", "was"})
_PLAIN = re.compile(r"^[\w .,'<>=!+*/()\[\]%-]+$")


class Choice(NamedTuple):
    """Sentences for one place: ``apt`` ones, the more apt first, and ``tempting`` ones that are not so."""

    apt: tuple[str, ...]
    tempting: tuple[str, ...]

    @property
    def every(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.apt, *self.tempting)


def _choice(apt: Iterable[str], tempting: Iterable[str], most: int = 16) -> Choice:
    good = tuple(text for text in dict.fromkeys(apt) if len(text) <= _LONGEST)[:most]
    bad = tuple(text for text in dict.fromkeys(tempting) if len(text) <= _LONGEST and text not in good)
    return Choice(good, bad[:most])


def summaries(facts: Facts, neighbours: Sequence[Neighbour]) -> Choice:
    """Summaries of a function: of its own name, and those of other names and in faulty forms."""
    own = list(_own_summaries(facts))
    return _choice(own, [*_others(facts, neighbours), *_faulty(facts, own)])


def _own_summaries(facts: Facts) -> Iterator[str]:
    bare = facts.name.strip("_")
    if facts.name.startswith("__") and bare in SPECIAL:
        yield SPECIAL[bare]
    yield from named(bare, facts)


def named(name: str, facts: Facts) -> Iterator[str]:
    """What a function of this name would do with the parameters of ``facts``."""
    words = parts(name)
    subjects = [phrase(each.name) for each in facts.parameters[:2] if len(each.name) > 1]
    subjects += [noun(facts.parameters[0])] if facts.parameters else []
    subjects += [phrase(facts.owner)] if facts.owner else []
    verb, rest = words[0], spoken(words[1:])
    subjects = [each for each in dict.fromkeys(subjects) if each not in ("", rest)] or ["object"]
    if verb in _ASKING and rest:
        for subject in subjects:
            yield sentence(f"Return whether the {subject} {verb} {rest}")
        yield sentence(f"Return True if the {subjects[0]} {verb} {rest}")
        yield sentence(f"Check whether the {subjects[0]} {verb} {rest}")
    elif verb in ("to", "as") and rest:
        for subject in subjects:
            yield sentence(f"Convert the {subject} to {rest}")
        yield sentence(f"Return the {subjects[0]} as {rest}")
    elif verb == "from" and rest:
        yield sentence(f"Create the {subjects[-1]} from {rest}")
        yield sentence(f"Return the {subjects[-1]} from {rest}")
    elif is_verb(verb):
        yield from _doing(verb, rest, subjects, facts)
    else:
        yield from _being(spoken(words), subjects, facts)


def _doing(verb: str, rest: str, subjects: list[str], facts: Facts) -> Iterator[str]:
    done, said = participle(verb), spoken([verb])
    if rest:
        yield sentence(f"{said} the {rest}")
        yield from (sentence(f"{said} the {rest} of the {subject}") for subject in subjects)
        yield sentence(f"{said} {rest} from the {subjects[0]}")
    else:
        yield from (sentence(f"{said} the {subject}") for subject in subjects)
    if facts.gives:
        yield from [sentence(f"Return the {rest}")] * bool(rest)
        yield sentence(f"Return the {done} {rest or subjects[0]}")
        if rest:
            yield sentence(f"Return the {rest} of the {subjects[0]}")
    if len(subjects) > 1 and not rest:
        yield sentence(f"{said} the {subjects[0]} and the {subjects[1]}")


def _being(noun_phrase: str, subjects: list[str], facts: Facts) -> Iterator[str]:
    yield sentence(f"{'Return' if facts.gives else 'Handle'} the {noun_phrase}")
    for subject in subjects:
        yield sentence(f"Return the {noun_phrase} of the {subject}")
        yield sentence(f"Compute the {noun_phrase} of the {subject}")
    yield sentence(f"Convert the {subjects[0]} to {noun_phrase}")
    yield sentence(f"Create a {noun_phrase} from the {subjects[0]}")


def _others(facts: Facts, neighbours: Sequence[Neighbour]) -> Iterator[str]:
    words = parts(facts.name)
    if is_verb(words[0]) and len(words) > 1:  # what it is done to is left out
        yield from list(named(words[0], facts))[:2]
    if words[0] in OPPOSITES:
        yield from list(named("_".join([OPPOSITES[words[0]], *words[1:]]), facts))[:2]
    if facts.owner:
        yield sentence(f"{'Return' if facts.gives else 'Update'} the {phrase(facts.owner)}")
    for each in facts.returned[:3]:
        if each.name.isidentifier():
            yield sentence(f"Return the {phrase(each.name)}")
    for neighbour in neighbours[:4]:
        if neighbour.summary and "\\" not in neighbour.summary and '"""' not in neighbour.summary:
            yield neighbour.summary
        yield from list(named(neighbour.name.strip("_"), facts))[:1]
    for called in facts.calls[:4]:
        yield from list(named(called.name.strip("_"), facts))[:1]


def _faulty(facts: Facts, own: Sequence[str]) -> Iterator[str]:
    for text in own[:3]:
        yield text.rstrip(".")
        first, _, rest = text.partition(" ")
        yield f"{first}s {rest}"
        yield text[:1].lower() + text[1:]
    yield f"{facts.name}({', '.join(each.label for each in facts.parameters)})"
    yield "TODO"


def mended(summary: str) -> list[str]:
    """A summary with what is faulty in its form put right: mood, capital letter, full stop."""
    first, _, rest = summary.partition(" ")
    done = sentence(f"{imperative(first)} {rest}")
    return [done] if done != summary and len(done) <= _LONGEST and rest and "(" not in first else []


def noun(parameter: Parameter) -> str:
    """What kind of thing a parameter is, in a word."""
    known = _NOUNS.get(parameter.kind.partition("[")[0].lower())
    return known or (phrase(parameter.name) if len(parameter.name) > 1 else "value")


def of_parameter(facts: Facts, parameter: Parameter) -> Choice:
    """Descriptions of a parameter; the tempting ones are another one's or have a default that it doesn't have."""
    name, verb = phrase(parameter.name), parts(facts.name)[0]
    apt = [f"The {noun(parameter)}.", f"The {name}."] if len(name) == 1 else [f"The {name}.", f"The {noun(parameter)}."]
    if parameter.label.startswith("*"):
        apt.append("The keyword arguments." if parameter.label.startswith("**") else f"Any number of {name}.")
    if is_verb(verb):
        apt.append(f"The {noun(parameter)} to {spoken([verb])}.")
    if parameter.kind == "bool":
        apt.append(f"Whether to use {name}.")
    if parameter.default:
        apt.append(f"The {name}. Defaults to {parameter.default}.")
    tempting = [f"The {phrase(each.name)}." for each in facts.parameters if each.name != parameter.name][:2]
    tempting += [f"The {name}. Defaults to {'0' if parameter.default in ('', 'None') else 'None'}.", "Not used."]
    return _choice(filter(_fit, apt), filter(_fit, tempting))


def of_result(facts: Facts) -> Choice:
    """Descriptions of what is returned or yielded; the tempting ones are of other names in the code."""
    words = parts(facts.name)
    verb, rest = words[0], spoken(words[1:])
    subject = noun(facts.parameters[0]) if facts.parameters else phrase(facts.owner or "object")
    apt = []
    if verb in _ASKING or facts.result == "bool":
        apt.append("True if so, False otherwise.")
        apt.append(f"Whether the {subject} {verb if verb in _ASKING else 'is'} {rest}.".replace(" .", "."))
    if is_verb(verb):
        apt.append(f"The {participle(verb)} {rest or subject}.")
    apt.append(f"The {rest if is_verb(verb) and rest else spoken(words)}.")
    apt += [
        f"The {phrase(each.name)}." for each in facts.returned[:2] if len(each.name) > 1 and each.name.isidentifier()
    ]
    names = [*(each.name for each in facts.parameters[:2]), *(each.name for each in facts.others[:3])]
    tempting = ["Nothing.", *(f"The {phrase(name)}." for name in names)]
    return _choice(filter(_fit, apt), filter(_fit, tempting))


def of_error(facts: Facts, raised: Raised) -> Choice:
    """When an exception is raised: by its condition, its message, and the parameters that the condition speaks of."""
    apt = []
    if raised.when.startswith("except "):
        apt.append(f"If a {raised.when.removeprefix('except ')} occurs.")
    elif raised.when:
        apt.append(f"If {raised.when}.")
    mentioned = [each for each in facts.parameters if re.search(rf"\b{re.escape(each.name)}\b", raised.when)]
    apt += [f"If the {phrase(each.name)} is not valid." for each in mentioned[:2]]
    if raised.message and "%" not in raised.message:
        apt.append(sentence(f"If {raised.message[:1].lower()}{raised.message[1:]}"))
    apt = [text for text in apt if _fit(text)] or ["If the input is not valid."]
    others = [each for each in facts.parameters if each not in mentioned]
    tempting = [f"If the {phrase(each.name)} is not valid." for each in others[:2]]
    tempting += [f"If {each.when}." for each in facts.raised if each.when and each.when != raised.when][:2]
    return _choice(apt, filter(_fit, tempting))


def _fit(text: str) -> bool:
    """Short, and free of what has a meaning in a docstring."""
    return len(text) <= _LONGEST and bool(_PLAIN.match(text)) and ":" not in text
