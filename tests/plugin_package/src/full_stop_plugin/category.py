"""A third party's category: comments that are sentences end with a full stop."""

from core.records import Edit, Goal
from envs.edits.candidate import Proposal
from envs.tasks.base import CategoryBase, make_task


class FullStop(CategoryBase):
    name, kinds = "full_stop", ("stop", "question")

    def generate(self, material, bench):
        start = material.function.source.rstrip("\n") + "  # This is how it ends\n"
        goals = (Goal("stopped", "open"), Goal("only", "question", visible=False))
        at = len(start) - 1
        reference = (Edit("", at, at, ".", "stop"),)
        return [
            make_task(self.name, material, bench, start=start, reference=reference, goals=goals, statement="End it.")
        ]

    def propose(self, task, source):
        at = len(source) - 1
        return [Proposal(kind, at, at, sign, (at, at), sign) for kind, sign in zip(self.kinds, ".?", strict=True)]

    def measure(self, goal, task, source):
        return {"open": not source.endswith(".\n"), "question": "?" in source}[goal.measure]
