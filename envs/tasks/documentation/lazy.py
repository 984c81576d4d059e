"""Docstrings that cost no work and must not pass."""

from __future__ import annotations

import re

from core.records import Task
from envs.tasks.documentation.facts import facts_of
from envs.tasks.documentation.text import bare, literal, read
from envs.tasks.documentation.visible import examples_of, neighbours_of


def lazy(task: Task) -> list[str]:
    """
    States of ``task``: its code with an empty docstring, the function's name, the parameters' names in a line, an
    example that is always right, a neighbour's docstring, the code itself, and every word that the task shows.
    """
    facts, source = facts_of(task.source), bare(task.source)
    names = [each.name for each in facts.parameters]
    words = sorted({word for word in re.findall(r"\w+", source) if not word.isdigit()})
    near = [each.docstring for each in neighbours_of(task.files) if each.docstring]
    texts = [
        "",
        facts.name,
        f"Use {', '.join(names)}.",
        f"Call {facts.name}.\n\nArgs:\n" + "\n".join(f"    {name}:" for name in names),
        "Do it.\n\n>>> 1\n1",
        "Do what is done.\n\n" + "\n\n".join(each.lines for each in examples_of(task.files)),
        source,
        " ".join(words),
        f"Return {' '.join(words)}.\n\nArgs:\n" + "\n".join(f"    {name}: {' '.join(words)}" for name in names),
        *near[:2],
    ]
    return [_documented(source, text) for text in texts]


def _documented(source: str, text: str) -> str:
    parsed = read(source)
    plain = text and not text.endswith('"') and "\\" not in text and '"""' not in text
    doc = literal(text.strip(), parsed.indent) if plain else f"{parsed.indent}{text!r}"
    return f"{source[: parsed.body]}{doc}\n{source[parsed.body :]}"
