"""
One attempt at one task: the state machine behind the environment, the evaluation and ``journeyman fix``.

    episode = Episode(task, executor, encoder)
    while not episode.done:
        outcome = episode.step(choose(episode.observation()))
    trajectory = episode.trajectory("policy-7")

An edit is applied and run. It stays if it raises the share of passing visible checks and is undone at once, for free,
if it does not; what the failed try showed is in the next observation, and it can't be tried again. When all visible
checks pass, the episode submits. Hidden checks run along and are shown to nobody before the end.
"""

from __future__ import annotations

import logging
from time import perf_counter

from core.errors import EditError, SandboxError
from core.observation import FIRST_EDIT, SUBMIT, UNDO
from core.protocols import Executor
from core.records import Edit, Step, Task, Trajectory, Verdict
from core.seeding import digest
from envs.edits.candidate import Candidate
from envs.edits.grammar import apply
from envs.encoding.encode import Arrays, StateEncoder, StaticState
from envs.encoding.evidence import EvidenceView, Try, effect_of, shift
from envs.episode_settings import EpisodeSettings
from envs.episode_state import Position, State, StepOutcome
from envs.tasks.registry import category_of
from envs.tasks.states import shown
from envs.visited import Visited
from envs.workbench import ResultCache, execute, infection_of

_log = logging.getLogger(__name__)


class Episode:
    """
    ``seed`` only names the episode in its trajectory; nothing here is random.

    Attributes:
        done: whether it is over.
        lost: the fault that cut it off, or "".
        executions: executions counted against the budget; the start state's isn't.
        solved_at: executions spent when all visible checks passed, None while they don't.
    """

    def __init__(
        self,
        task: Task,
        executor: Executor,
        encoder: StateEncoder,
        settings: EpisodeSettings | None = None,
        cache: ResultCache | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self.task, self.settings, self.seed = task, settings or EpisodeSettings(), seed
        self._executor, self._encoder = executor, encoder
        self._cache = ResultCache() if cache is None else cache
        self._visible, self._shown = task.visible_ids, shown(task)
        self.done, self.submitted, self.lost = False, False, ""
        self.executions = 0
        self.solved_at: int | None = None
        self._steps: list[Step] = []
        self._actions = 0
        self._visited = Visited(task.source)
        self._stack = [self._first()]
        self._start_passing = self.passing

    @property
    def source(self) -> str:
        """The program text of the current state."""
        return self._state.static.source

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The edits of the current state; action ``FIRST_EDIT + i`` applies the i-th."""
        return self._state.static.candidates

    @property
    def visible(self) -> Verdict:
        """What the visible checks showed of the current state."""
        return self._state.visible

    @property
    def final(self) -> Verdict | None:
        """What all checks, hidden ones included, showed of the current state; None where the start was never run."""
        return self._state.verdict if self._state.verdict.results else None

    @property
    def passing(self) -> float:
        """Share of the visible checks that pass."""
        return self._state.visible.fraction()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was done so far."""
        return tuple(self._steps)

    @property
    def _state(self) -> State:
        return self._stack[-1]

    def evidence(self) -> EvidenceView:
        """What this episode knows of the current state."""
        state = self._state
        return EvidenceView(
            results=state.visible.results,
            passing_at_start=self._start_passing,
            edited=state.edited if state.static.itself else (),  # places in a text that isn't shown
            tries=tuple(state.tries),
            budget_left=1 - self.executions / self.settings.budget,
            kept=sum(state.least is None for state in self._stack[1:]),
            improved=state.improved,
            infection=state.infection,
        )

    def observation(self, *, pad: bool = True) -> Arrays:
        """The arrays of ``core.observation``; unpadded ones are cut to their ``lengths``."""
        return self._encoder.observe(
            self._state.static,
            self.evidence(),
            category=self.task.category,
            blocked=self._state.blocked,
            submit=self._solved,
            undo=len(self._stack) > 1,
            pad=pad,
        )

    def allowed(self, action: int) -> bool:
        """Whether the action mask allows ``action``."""
        if action == SUBMIT:
            return self._solved or (len(self._stack) == 1 and len(self._state.blocked) == len(self.candidates))
        if action == UNDO:
            return len(self._stack) > 1
        index = action - FIRST_EDIT
        return 0 <= index < len(self.candidates) and index not in self._state.blocked

    def step(self, action: int, log_probability: float | None = None) -> StepOutcome:
        """
        Does ``action``. One outside the mask changes nothing and costs a step. A sandbox that fails ends the episode:
        ``lost`` names the cause, and the outcome is truncated.
        """
        if self.done:
            raise ValueError("the episode is over")
        began, before = perf_counter(), self.passing
        seen, spent = self._digest(), self.executions
        try:
            name, edit, kept, executed, shown = self._act(action)
        except SandboxError as error:
            self._lose(error)
            name, edit, kept, executed, shown = "lost", None, False, False, None
        runs = edit is not None and shown is not None and not shown.error and shown.limit is None
        terminated, truncated = self._close()
        cost = self.settings.execution_cost * (self.executions - spent)
        reward = self.settings.gamma * self.passing - before - cost + self._terminal()
        seconds = perf_counter() - began
        self._actions += 1
        self._steps.append(Step(name, edit, seen, shown, kept, reward, log_probability, executed, seconds))
        return StepOutcome(reward, kept, terminated, truncated, runs)

    @property
    def position(self) -> Position:
        """The current state, to come back to."""
        return Position(tuple(self._stack))

    def go(self, position: Position) -> None:
        """
        Goes on from ``position`` without executing anything: kept edits are undone and redone, a ``Step`` each, which
        count for neither ``budget`` nor ``max_steps``. What was tried elsewhere since can't be tried there again.

        Raises:
            ValueError: the episode is over, or ``position`` is another episode's.
        """
        if self.done or position.stack[0] is not self._stack[0]:
            raise ValueError("the episode is over" if self.done else "a position of another episode")
        shared = sum(a is b for a, b in zip(self._stack, position.stack, strict=False))
        moves = [*[None] * (len(self._stack) - shared), *position.stack[shared:]]
        for state in moves:
            self._move(state)
        if moves:
            self._state.blocked |= self._visited.reached_from(self._state.static)

    def hold(self, action: int) -> bool:
        """
        Goes on from what an edit led to that was tried in this state and not kept; False where that is no state to go
        on from, or can't be had (``lost``). As with ``go``, nothing is counted. An edit helps there if it raises the
        share of passing checks above what it was before anything was held. The evidence doesn't tell of edits that are
        held: to an agent that was only shown those that help, they would look like them.
        """
        candidate = self.candidates[action - FIRST_EDIT]
        source = apply(self.source, candidate.edit)
        try:
            verdict, _ = execute(self.task, source, self._executor, self._cache)
            held = self._reached(source, candidate.edit, verdict, verdict.only(self._visible), self._state.improved)
        except SandboxError as error:
            self._lose(error)
            return False
        if held is not None:
            held.edited = shift(self._state.edited, candidate.edit)[:-1]
            held.least = max(self.passing, self._state.least or 0.0)
            self._move(held)
        return held is not None

    def trajectory(self, policy_version: str = "") -> Trajectory:
        """The record of the episode so far; equal episodes (task, seed, actions) have equal ids."""
        actions = (f"{step.observation}/{step.action}/{step.edit}" for step in self._steps)
        return Trajectory(
            id=digest(self.task.id, str(self.seed), policy_version, *actions),
            task_id=self.task.id,
            category=self.task.category,
            policy_version=policy_version,
            steps=tuple(self._steps),
            start=self._stack[0].visible if self._stack[0].verdict.results else None,
            final=self.final,
            submitted=self.submitted,
            budget=self.settings.budget,
            solution_edits=self.task.solution_edits,
            lost=self.lost,
            seed=self.seed,
        )

    @property
    def _solved(self) -> bool:
        return self._state.visible.passed

    def _first(self) -> State:
        first = State(self._static(self.task.source), Verdict((), 0.0, ""), Verdict((), 0.0, ""))
        try:
            first.verdict, _ = execute(self.task, self.task.source, self._executor, self._cache)
            first.visible = first.verdict.only(self._visible)
            self._compare(first)
        except SandboxError as error:
            self._lose(error)
        return first

    def _static(self, source: str) -> StaticState:
        return self._encoder.static(source, self._shown)

    def _compare(self, state: State) -> None:
        """Where every check died with its load, and where there is nothing left to repair, there is nothing to see."""
        compares = self.settings.compare_alternatives and category_of(self.task.category).compares
        if compares and not (state.visible.passed or state.visible.error):
            state.infection = infection_of(self.task, state.static, self._executor, self._cache)

    def _lose(self, error: SandboxError) -> None:
        _log.warning("episode on task %s lost: %s", self.task.id, error)
        self.lost = type(error).__name__

    def _act(self, action: int) -> tuple[str, Edit | None, bool, bool, Verdict | None]:
        """Name, edit, kept, executed, verdict of the visible checks."""
        if self.lost or not self.allowed(action):
            return ("lost" if self.lost else "invalid"), None, False, False, None
        if action == SUBMIT:
            self.submitted = True
            return "submit", None, False, False, self.visible
        if action == UNDO:
            self._stack.pop()
            self._state.blocked |= self._visited.reached_from(self._state.static)
            return "undo", None, False, False, self.visible
        return self._edit(action - FIRST_EDIT)

    def _move(self, state: State | None) -> None:
        """Redoes the kept edit that led to ``state``, or undoes the last one."""
        seen, before = self._digest(), self.passing
        self._stack = [*self._stack, state] if state else self._stack[:-1]
        name, edit = ("redo", state.edit) if state else ("undo", None)
        reward = self.settings.gamma * self.passing - before
        self._steps.append(Step(name, edit, seen, self.visible, state is not None, reward, None, False, 0.0))

    def _edit(self, index: int) -> tuple[str, Edit | None, bool, bool, Verdict | None]:
        state, candidate = self._state, self.candidates[index]
        source = apply(state.static.source, candidate.edit)
        verdict, executed = execute(self.task, source, self._executor, self._cache)
        self.executions += 1
        self._visited.add(source)
        state.blocked.add(index)
        visible = verdict.only(self._visible)
        improved = visible.fraction() > max(self.passing, state.least or 0.0)
        kept = improved or not self.settings.auto_undo
        if kept:
            kept = self._keep(source, candidate.edit, verdict, visible, improved)
        if not kept:
            state.tries.append(Try(*candidate.anchor, effect_of(state.visible, visible)))
        return "edit", candidate.edit, kept, executed, visible

    def _keep(self, source: str, edit: Edit, verdict: Verdict, visible: Verdict, improved: bool) -> bool:
        """Goes on from ``source``, if that can be."""
        state = self._reached(source, edit, verdict, visible, improved)
        if state is None:
            return False
        self._stack.append(state)
        if visible.passed and self.solved_at is None:
            self.solved_at = self.executions
        return True

    def _reached(self, source: str, edit: Edit, verdict: Verdict, visible: Verdict, improved: bool) -> State | None:
        """The state behind an edit; None for a text that doesn't even parse."""
        try:
            static = self._static(source)
        except (SyntaxError, EditError):
            return None
        state = State(static, verdict, visible, shift(self._state.edited, edit), improved)
        state.blocked, state.edit = self._visited.reached_from(static), edit
        self._compare(state)
        return state

    def _close(self) -> tuple[bool, bool]:
        """Terminated, truncated: whether the episode is over after the step that was just done."""
        if self.lost:
            self.done = True
            return False, True
        if self._solved and self.settings.auto_submit:
            self.submitted = True
        terminated = self.submitted or self.executions >= self.settings.budget
        truncated = not terminated and self._actions + 1 >= self.settings.max_steps
        self.done = terminated or truncated
        return terminated, truncated

    def _terminal(self) -> float:
        right = self.submitted and self.final is not None and self.final.passed
        return self.settings.terminal_reward if right else 0.0

    def _digest(self) -> str:
        return digest(self.task.id, self.source, str(self.executions), str(len(self._state.blocked)))
