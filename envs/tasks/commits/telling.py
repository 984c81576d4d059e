"""What of a commit's message may be told."""

from __future__ import annotations

import re

from envs.tasks.commits.changes import Change

_WORD = re.compile(r"[A-Za-z_]\w*|\d+|[-+*/%&|^~<>=!@]+")
_LONGEST = 160


def asked(subject: str, change: Change) -> str:
    """
    A sentence with the message's first line; nothing where that holds a word, a number or an operator which the
    function has only since the commit.
    """
    before = set(map(str.lower, _WORD.findall(change.before)))
    come = {word for word in map(str.lower, _WORD.findall(change.after)) if word not in before}
    line = " ".join(subject.split())[:_LONGEST]
    if not line or come & set(map(str.lower, _WORD.findall(line))):
        return ""
    return f'The commit that mended it is called "{line}".'
