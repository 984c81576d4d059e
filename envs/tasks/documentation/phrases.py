"""Sentences that may stand in a docstring, made of names, annotations, defaults and code: apt and tempting ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envs.tasks.documentation.facts import Facts, Parameter, Raised
from envs.tasks.documentation.visible import Neighbour
from envs.tasks.documentation.words import (
    OPPOSITES,
    SPECIAL,
    VERBS,
    imperative,
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


def summaries(facts: Facts, neighbours: Sequence[Neighbour]) -> list[str]:
    """Summaries of a function: of its own name first, then of other names and faulty ones, about as many of both."""
    own = list(dict.fromkeys(_own_summaries(facts)))[:16]
    wrong = list(dict.fromkeys([*_others(facts, neighbours), *_faulty(facts, own)]))[:18]
    return [text for text in dict.fromkeys([*own, *wrong]) if len(text) <= _LONGEST]


def _own_summaries(facts: Facts) -> Iterator[str]:
    bare = facts.name.strip("_")
    if facts.name.startswith("__") and bare in SPECIAL:
        yield SPECIAL[bare]
    yield from named(bare, facts)
    about = phrase(facts.owner) if facts.owner else "object"
    if facts.owner:
        yield sentence(f"{'Return' if facts.gives else 'Update'} the {about}")
    for each in facts.returned[:3]:
        if each.name.isidentifier():
            yield sentence(f"Return the {phrase(each.name)}")


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
    elif verb in VERBS:
        yield from _doing(verb, rest, subjects, facts)
    else:
        yield from _being(spoken(words), subjects, facts)


def _doing(verb: str, rest: str, subjects: list[str], facts: Facts) -> Iterator[str]:
    done, said = participle(verb), spoken([verb])
    if rest:
        yield sentence(f"{said} the {rest}")
        yield from (sentence(f"{said} the {rest} of the {subject}") for subject in subjects)
        yield sentence(f"{said} {rest} from the {subjects[0]}")
    yield from (sentence(f"{said} the {subject}") for subject in subjects)
    if facts.gives:
        yield sentence(f"Return the {rest or subjects[0]}")
        yield sentence(f"Return the {done} {rest or subjects[0]}")
        if rest:
            yield sentence(f"Return the {rest} of the {subjects[0]}")
    if len(subjects) > 1:
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
    if words[0] in OPPOSITES:
        yield from list(named("_".join([OPPOSITES[words[0]], *words[1:]]), facts))[:2]
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
    return [done] if done != summary and len(done) <= _LONGEST else []


def noun(parameter: Parameter) -> str:
    """What kind of thing a parameter is, in a word."""
    known = _NOUNS.get(parameter.kind.partition("[")[0].lower())
    return known or (phrase(parameter.name) if len(parameter.name) > 1 else "value")


def of_parameter(facts: Facts, parameter: Parameter) -> list[str]:
    """Descriptions of a parameter, some of them of another one's or with a default that it doesn't have."""
    name, verb = phrase(parameter.name), parts(facts.name)[0]
    said = [f"The {name}."]
    if parameter.label.startswith("*"):
        said.append("The keyword arguments." if parameter.label.startswith("**") else f"Any number of {name}.")
    if noun(parameter) != name:
        said.append(f"The {noun(parameter)}.")
    if verb in VERBS:
        said.append(f"The {noun(parameter)} to {spoken([verb])}.")
    if parameter.kind == "bool":
        said.append(f"Whether to use {name}.")
    if parameter.default:
        said.append(f"The {name}. Defaults to {parameter.default}.")
    other = next((each for each in facts.parameters if each.name != parameter.name), None)
    said.append(f"The {phrase(other.name)}." if other else "Not used.")
    said.append(f"The {name}. Defaults to {'0' if parameter.default in ('', 'None') else 'None'}.")
    return [text for text in dict.fromkeys(said) if _fit(text)]


def of_result(facts: Facts) -> list[str]:
    """Descriptions of what is returned or yielded."""
    words = parts(facts.name)
    verb, rest = words[0], spoken(words[1:])
    subject = noun(facts.parameters[0]) if facts.parameters else phrase(facts.owner or "object")
    said = [f"The {rest if verb in VERBS and rest else spoken(words)}."]
    if verb in VERBS:
        said.append(f"The {participle(verb)} {rest or subject}.")
    if verb in _ASKING or facts.result == "bool":
        said.append("True if so, False otherwise.")
        said.append(f"Whether the {subject} {verb if verb in _ASKING else 'is'} {rest}.".replace(" .", "."))
    said += [f"The {phrase(each.name)}." for each in facts.returned[:2] if each.name.isidentifier()]
    said += [f"The {subject}.", "Nothing."]
    said += [f"The {phrase(each.name)}." for each in facts.others[:2]]
    return [text for text in dict.fromkeys(said) if _fit(text)]


def of_error(facts: Facts, raised: Raised) -> list[str]:
    """When an exception is raised: by its condition, its message, and the parameters that the condition speaks of."""
    said = []
    if raised.when.startswith("except "):
        said.append(f"If a {raised.when.removeprefix('except ')} occurs.")
    elif raised.when:
        said.append(f"If {raised.when}.")
    mentioned = [each for each in facts.parameters if re.search(rf"\b{re.escape(each.name)}\b", raised.when)]
    said += [f"If the {phrase(each.name)} is not valid." for each in mentioned[:2]]
    if raised.message:
        said.append(sentence(f"If {raised.message[:1].lower()}{raised.message[1:]}"))
    others = [each for each in facts.parameters if each not in mentioned]
    said += [f"If the {phrase(others[0].name)} is not valid."] if others else ["If something is wrong."]
    return [text for text in dict.fromkeys(said) if _fit(text)]


def _fit(text: str) -> bool:
    """Short, and free of what has a meaning in a docstring."""
    return len(text) <= _LONGEST and bool(_PLAIN.match(text)) and ":" not in text
