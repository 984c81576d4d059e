"""
Brings Ray up and down: an embedded one on this machine, or a connection to a running cluster.

The embedded Ray is quiet, sends no usage statistics, keeps its object store small, and lives in a short directory of
its own, because Ray's sockets must fit into the 107 characters of an AF_UNIX path whatever ``TMPDIR`` says.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import ray

from cluster.logs import debugging
from cluster.runs import JOB_CONFIG, PROJECT
from core.errors import UserError

OBJECT_STORE_BYTES = 512 << 20
# "session_<date>_<time>_<microseconds>_<pid>/sockets/plasma_store" takes 66 of the 107 characters.
MAX_ROOT_CHARACTERS = 40
PREFIX = "jm-"
OWNER = "owner.pid"
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "1",
    # Ray's announced default; unset, each worker without a GPU warns of the change.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TOKENIZERS_PARALLELISM": "false",
    # Of the programs that the agent edits, which are compiled under this name, in whatever process.
    "PYTHONWARNINGS": "ignore::SyntaxWarning:<program>",
}
SETUP_HOOK = "cluster.logs.configure"
# What a cluster's workers don't need of the project's folder.
EXCLUDES = (".git/", ".venv/", "runs/", ".cache/", "docs/", "tests/", "*.egg-info/")


@dataclass(frozen=True, slots=True)
class RayOptions:
    """``address``: a running cluster (``auto``, ``host:6379``); empty: embedded, unless ``RAY_ADDRESS`` is set."""

    address: str = ""
    dashboard: bool = False
    num_cpus: int | None = None


def cluster_address(options: RayOptions) -> str:
    """The cluster to connect to, or nothing for an embedded Ray. A Ray job finds its own cluster."""
    inside_job = "auto" if JOB_CONFIG in os.environ else ""
    return options.address or os.environ.get("RAY_ADDRESS", "") or inside_job


@contextmanager
def ray_session(options: RayOptions) -> Iterator[None]:
    """
    Ray is up within, and gone after. An embedded one's logs stay where an error ended it, and the error says where.

    Raises:
        UserError: where no cluster answers at the address, or Ray can't start.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    address = cluster_address(options)
    if address:
        with _connected(address):
            yield
    else:
        with _embedded(options):
            yield


@contextmanager
def _connected(address: str) -> Iterator[None]:
    if address.startswith("ray://"):
        raise UserError(
            "Ray Client addresses can't train",
            where=address,
            remedy="Use `ray job submit --working-dir . -- python -m cluster.train`, or --address HOST:6379 on a node",
        )
    try:
        ray.init(address=address, runtime_env=_remote_env(), log_to_driver=debugging(), logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as error:
        remedy = "Start one with `ray start --head`, or leave out --address and RAY_ADDRESS for an embedded Ray"
        raise UserError(f"can't connect to a Ray cluster ({_one_line(error)})", where=address, remedy=remedy) from error
    try:
        yield
    finally:
        ray.shutdown()


def _remote_env() -> dict[str, Any]:
    env: dict[str, Any] = _debug_env()
    if JOB_CONFIG not in os.environ:  # a job's workers already have its working directory
        env |= {"working_dir": str(PROJECT), "excludes": list(EXCLUDES)}
    return env


def _debug_env() -> dict[str, Any]:
    return {"env_vars": {"DEBUG": "1"}, "worker_process_setup_hook": SETUP_HOOK} if debugging() else {}


@contextmanager
def _embedded(options: RayOptions) -> Iterator[None]:
    sweep_stale()
    root = temporary_root()
    # Workers find the packages through the environment, wherever the command was called from.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    try:
        _start(root, options)
        yield
    except BaseException as error:
        ray.shutdown()
        if isinstance(error, Exception) and not isinstance(error, UserError):
            error.add_note(f"Ray's logs of this session: {root}/session_latest/logs")
        else:
            shutil.rmtree(root, ignore_errors=True)
        raise
    ray.shutdown()
    shutil.rmtree(root, ignore_errors=True)


def _start(root: Path, options: RayOptions) -> None:
    try:
        ray.init(
            address="local",
            num_cpus=options.num_cpus,
            object_store_memory=OBJECT_STORE_BYTES,
            include_dashboard=options.dashboard,
            log_to_driver=debugging(),
            logging_level="ERROR",
            runtime_env=_debug_env() or None,
            _temp_dir=str(root),
        )
    except (OSError, RuntimeError, ValueError) as error:
        remedy = "`journeyman doctor` shows what this machine lacks"
        raise UserError(f"Ray can't start here ({_one_line(error)})", remedy=remedy) from error


def temporary_root() -> Path:
    """
    A new short directory for an embedded Ray, owned by this process.

    Raises:
        UserError: where no directory short enough can be written.
    """
    wanted = [os.environ.get("RAY_TMPDIR"), tempfile.gettempdir(), "/tmp", "/var/tmp", str(Path.home())]
    for parent in dict.fromkeys(name for name in wanted if name):
        if len(parent) + len(PREFIX) + 9 <= MAX_ROOT_CHARACTERS and os.access(parent, os.W_OK):
            root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            (root / OWNER).write_text(str(os.getpid()))
            return root
    raise UserError(
        f"no writable temporary directory of at most {MAX_ROOT_CHARACTERS - len(PREFIX) - 9} characters for Ray",
        remedy="Set RAY_TMPDIR to a short one",
    )


def sweep_stale() -> list[Path]:
    """Removes the directories of embedded Rays whose process is gone, and tells which they were."""
    parents = {os.environ.get("RAY_TMPDIR") or tempfile.gettempdir(), tempfile.gettempdir(), "/tmp"}
    stale = [root for parent in parents for root in Path(parent).glob(f"{PREFIX}*") if _abandoned(root)]
    for root in stale:
        shutil.rmtree(root, ignore_errors=True)
    return stale


def _abandoned(root: Path) -> bool:
    owner = root / OWNER
    try:
        if owner.stat().st_uid != os.getuid():
            return False
        return not psutil.pid_exists(int(owner.read_text()))
    except (OSError, ValueError):
        return False  # not one of ours, or just being made


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def worker_resources() -> str:
    """What a Ray worker says that the cluster has; it proves that tasks run."""
    seen = ray.get(ray.remote(num_cpus=0)(ray.cluster_resources).remote(), timeout=60)
    return f"{seen.get('CPU', 0):g} CPUs, {seen.get('GPU', 0):g} GPUs"
