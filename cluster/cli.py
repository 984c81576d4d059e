"""
The command line. This module only declares it, so that ``--help`` answers at once; what a command does stands in
``cluster/commands/<command>.py`` and is loaded when it is called. Where that takes seconds, its input is checked
before, by ``cluster/inputs/<command>.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cluster.calling import call as _call

app = typer.Typer(
    name="journeyman",
    help="Train software-development agents by reinforcement learning on tasks made from real code.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
tasks_app = typer.Typer(no_args_is_help=True, help="Make, look at and check tasks.")
app.add_typer(tasks_app, name="tasks")

Overrides = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Override, e.g. training.batch_size=64; repeatable.")
]
Config = Annotated[str | None, typer.Option(help="Preset (quick, standard, large) or YAML file; standard by default.")]
Address = Annotated[str, typer.Option(help="A running Ray cluster (auto, HOST:6379). Default: an embedded Ray.")]
Runs = Annotated[Path | None, typer.Option(help="Where runs are kept. Default: $JOURNEYMAN_RUNS, or runs.")]
Categories = Annotated[
    list[str], typer.Option("--categories", metavar="NAME", help="Only tasks of this category; repeatable.")
]
Paths = Annotated[
    list[Path], typer.Option("--path", help="The repository that the tasks are of, if it isn't installed; repeatable.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def train(
    config: Config = None,
    overrides: Overrides = [],  # noqa: B006 - typer reads the default, nobody changes it
    address: Address = "",
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with a run (path, id or latest).")] = None,
    from_pretrained: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Start from a policy: a run, a directory, or 'starter'.")
    ] = None,
    runs: Runs = None,
    profile: Annotated[bool, typer.Option("--profile", help="Profile the processes into RUN/profiles.")] = False,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Start the dashboard of the embedded Ray.")] = False,
) -> None:
    """Train an agent: mine tasks, warm start, PPO, evaluate, report."""
    _call(
        "train",
        config=config,
        overrides=overrides,
        address=address,
        resume=resume,
        from_pretrained=from_pretrained,
        runs=runs,
        profile=profile,
        dashboard=dashboard,
    )


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(metavar="RUN|CHECKPOINT", help="A run, 'latest', or a policy's directory.")],
    tasks: Annotated[Path | None, typer.Option(help="Task file (Parquet). Default: the run's held-out tasks.")] = None,
    categories: Categories = [],  # noqa: B006
    budget: Annotated[int, typer.Option(min=1, help="Executions per task.")] = 100,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many tasks, evenly spread.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write report.html and report.json into this directory.")] = None,
    address: Address = "",
    runs: Runs = None,
    json_output: Json = False,
) -> None:
    """Measure how often an agent fixes held-out bugs, against its baselines."""
    _call(
        "evaluate",
        model=model,
        tasks=tasks,
        categories=categories,
        budget=budget,
        limit=limit,
        out=out,
        address=address,
        runs=runs,
        json_output=json_output,
    )


@app.command()
def benchmark(
    baseline: Annotated[
        str, typer.Option(metavar="RUN", help="What is there: a run, a policy's directory, 'starter'.")
    ],
    candidate: Annotated[str, typer.Option(metavar="RUN", help="What is to replace it.")],
    tasks: Annotated[Path | None, typer.Option(help="Task file (Parquet). Default: a run's held-out tasks.")] = None,
    categories: Categories = [],  # noqa: B006
    budget: Annotated[int, typer.Option(min=1, help="Executions per task.")] = 100,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many tasks, evenly spread.")] = None,
    seeds: Annotated[int, typer.Option(min=0, help="Tempered attempts a task beside the greedy one.")] = 0,
    address: Address = "",
    runs: Runs = None,
    json_output: Json = False,
) -> None:
    """Compare two agents on the same tasks. Exit code 1 where the candidate is worse."""
    _call(
        "benchmark",
        baseline=baseline,
        candidate=candidate,
        tasks=tasks,
        categories=categories,
        budget=budget,
        limit=limit,
        seeds=seeds,
        address=address,
        runs=runs,
        json_output=json_output,
    )


@app.command()
def fix(
    repo: Annotated[Path, typer.Option(help="The repository.")],
    tests: Annotated[list[str], typer.Option(metavar="TARGET", help="pytest target, relative to it; repeatable.")],
    budget: Annotated[int, typer.Option(min=1, help="Executions of the tests.")] = 100,
    model: Annotated[str, typer.Option(metavar="RUN", help="A run, 'latest', a directory, or 'starter'.")] = "starter",
    runs: Runs = None,
    write: Annotated[bool, typer.Option("--write", help="Write the fix into the repository.")] = False,
    json_output: Json = False,
) -> None:
    """Fix a failing test suite. Exit code: 0 fixed, 1 not fixed, 2 bad usage or nothing failing."""
    _call(
        "fix",
        repo=repo,
        tests=tests,
        budget=budget,
        model=model,
        runs=runs,
        write=write,
        json_output=json_output,
    )


@app.command()
def compliance(
    path: Annotated[Path, typer.Argument(help="A Python file, or a folder of them.")] = Path(),
    config: Annotated[
        Path | None, typer.Option(help="Rules (YAML). Default: [tool.journeyman.compliance] in pyproject.toml.")
    ] = None,
    overrides: Annotated[
        list[str], typer.Option("--set", metavar="KEY=VALUE", help="Override, e.g. limits.line_length=120; repeatable.")
    ] = [],  # noqa: B006
    exclude: Annotated[list[str], typer.Option(help="Leave out paths that match; repeatable.")] = [],  # noqa: B006
    min_score: Annotated[float | None, typer.Option(min=0, max=100, help="Exit code 1 below this score.")] = None,
    coverage: Annotated[Path | None, typer.Option(help="What `coverage json` wrote, to judge coverage too.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="List so many files, the worst first.")] = 20,
    json_output: Json = False,
) -> None:
    """Judge code by limits of size and complexity."""
    _call(
        "compliance",
        path=path,
        config=config,
        overrides=overrides,
        exclude=exclude,
        min_score=min_score,
        coverage=coverage,
        limit=limit,
        json_output=json_output,
    )


@app.command()
def doctor(
    json_output: Json = False,
    start_ray: Annotated[bool, typer.Option("--ray/--no-ray", help="Start a Ray to see whether it can.")] = True,
) -> None:
    """Say what this machine offers, what is missing, and how to mend it."""
    _call("doctor", json_output=json_output, start_ray=start_ray)


@app.command()
def version() -> None:
    """Print the versions of Journeyman and of what it stands on."""
    _call("version")


@tasks_app.command("generate")
def tasks_generate(
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    count: Annotated[int | None, typer.Option(min=1, help="So many, balanced. Default: all that are found.")] = None,
    category: Annotated[list[str], typer.Option(help="Kind of task; repeatable. Default: all built-in ones.")] = [],  # noqa: B006
    source: Annotated[
        list[str], typer.Option("--from", metavar="PACKAGE|PATH|all", help="Where the code comes from; repeatable.")
    ] = [],  # noqa: B006
    commits: Annotated[
        int, typer.Option(min=0, help="Of a repository, make tasks of its newest commits too: look at so many.")
    ] = 0,
    split: Annotated[str, typer.Option(help="train, validation or heldout.")] = "train",
    seconds: Annotated[float, typer.Option(min=1, help="Time budget.")] = 600,
    config: Config = None,
    overrides: Overrides = [],  # noqa: B006
    address: Address = "",
) -> None:
    """Make tasks from installed packages or from a repository."""
    _call(
        "tasks_generate",
        out=out,
        count=count,
        categories=category,
        sources=source,
        commits=commits,
        split=split,
        seconds=seconds,
        config=config,
        overrides=overrides,
        address=address,
    )


@tasks_app.command("show")
def tasks_show(
    what: Annotated[str | None, typer.Argument(metavar="FILE|ID", help="A Parquet file of tasks, or a task.")] = None,
    task: Annotated[str | None, typer.Argument(metavar="ID", help="A task of the file (a prefix is enough).")] = None,
    named: Annotated[str | None, typer.Option("--id", metavar="ID", help="The same as ID.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="List so many.")] = 20,
    runs: Runs = None,
) -> None:
    """List the tasks of a file, or show one. An ID alone is looked for in ./*.parquet and in the runs' tasks."""
    _call("tasks_show", what=what, task=task, named=named, limit=limit, runs=runs)


@tasks_app.command("stats")
def tasks_stats(
    file: Annotated[Path, typer.Argument(help="A Parquet file of tasks.")],
    picture: Annotated[Path | None, typer.Option(help="Draw it into this .svg, .png or .pdf file.")] = None,
    json_output: Json = False,
) -> None:
    """Count the tasks of a file by category, difficulty and package."""
    _call("tasks_stats", file=file, picture=picture, json_output=json_output)


@tasks_app.command("validate")
def tasks_validate(
    file: Annotated[Path, typer.Argument(help="A Parquet file of tasks.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Check so many, evenly spread.")] = None,
    quarantine: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Put what doesn't hold here, with the cause (Parquet).")
    ] = None,
    keep: Annotated[Path | None, typer.Option(metavar="FILE", help="Put what holds here (Parquet).")] = None,
    paths: Paths = [],  # noqa: B006
    json_output: Json = False,
) -> None:
    """Run every task's reference, start state and lazy answers again. Exit code 1 if one doesn't hold."""
    _call(
        "tasks_validate",
        file=file,
        limit=limit,
        quarantine=quarantine,
        keep=keep,
        paths=paths,
        json_output=json_output,
    )


@tasks_app.command("calibrate")
def tasks_calibrate(
    file: Annotated[Path, typer.Argument(help="A Parquet file of tasks.")],
    out: Annotated[Path | None, typer.Option(help="Write here instead of into the file.")] = None,
    model: Annotated[str | None, typer.Option(metavar="RUN", help="A policy that tries them too.")] = None,
    attempts: Annotated[int, typer.Option(min=1, help="Of each agent at each task.")] = 3,
    paths: Paths = [],  # noqa: B006
    address: Address = "",
    runs: Runs = None,
) -> None:
    """Measure how hard the tasks of a file are, by baselines that try them."""
    _call(
        "tasks_calibrate",
        file=file,
        out=out,
        model=model,
        attempts=attempts,
        paths=paths,
        address=address,
        runs=runs,
    )


@tasks_app.command("check-plugin")
def tasks_check_plugin(
    name: Annotated[str, typer.Argument(help="A category: a built-in, an entry point's name, or module:Class.")],
) -> None:
    """Check that a task category keeps its contract. Exit code 1 if it doesn't."""
    _call("tasks_check_plugin", name=name)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of ``journeyman`` and of ``python -m cluster.cli``."""
    # Read once, when torch is loaded: threads that wait for others are to sleep (learning.learners).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="journeyman")


if __name__ == "__main__":
    main()
