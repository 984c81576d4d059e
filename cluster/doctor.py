"""Looks at this machine: what it offers to Journeyman, what is missing, and how to mend it. Nothing is changed."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cluster.runs import PROJECT
from core.errors import UserError
from envs.tasks.packages import HELDOUT

GIB = 1 << 30
MINIMUM_PYTHON = (3, 11)
NEEDED = ("ray", "torch", "transformers", "gymnasium", "pyarrow", "numpy", "pydantic", "typer", "rich", "psutil")
CORPUS = ("networkx", "sympy", "mpmath", "sortedcontainers")
INSTALL = "make setup"


class Level(StrEnum):
    """How much a finding matters. Only ``MISSING`` keeps Journeyman from working."""

    OK = "ok"
    WEAK = "weak"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``remedy`` is empty where nothing is to be done."""

    name: str
    level: Level
    detail: str
    remedy: str = ""


def examine(*, start_ray: bool) -> Iterator[Finding]:
    """Every finding, as it is made. ``start_ray``: start an embedded Ray too, which takes some seconds."""
    looks: tuple[Callable[[], Finding], ...] = (python, packages, corpus, cores, memory, disk, files, sandbox, gpu)
    for look in looks:
        yield look()
    yield ray_starts() if start_ray else Finding("ray", Level.OK, "not started")


def python() -> Finding:
    """The interpreter's version."""
    enough = sys.version_info[:2] >= MINIMUM_PYTHON
    detail = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    return _finding("python", detail, enough, "Install Python 3.11 or newer")


def packages() -> Finding:
    """Whether the packages that everything needs are there, at the pinned versions."""
    absent = [name for name in NEEDED if _version(name) is None]
    if absent:
        return Finding("packages", Level.MISSING, f"not installed: {', '.join(absent)}", INSTALL)
    pins = pinned(PROJECT / "constraints.txt")
    other = [f"{n} {_version(n)} (pinned {pins[n]})" for n in (*NEEDED, *HELDOUT) if _differs(n, pins)]
    if other:
        return Finding("packages", Level.WEAK, f"other versions than pinned: {', '.join(other)}", INSTALL)
    return Finding("packages", Level.OK, f"ray {_version('ray')}, torch {_version('torch')}")


def corpus() -> Finding:
    """What there is to mine tasks from, and to evaluate on."""
    absent = [name for name in (*CORPUS, *HELDOUT) if _version(name) is None]
    if absent:
        return Finding("corpus", Level.WEAK, f"not installed: {', '.join(absent)}", INSTALL)
    if importlib.util.find_spec("test.test_heapq") is None:
        remedy = "Debian: apt install libpython3-testsuite. Without them fewer functions can be mined"
        return Finding("corpus", Level.WEAK, "the standard library's own tests are absent", remedy)
    return Finding(
        "corpus", Level.OK, f"standard library with its tests, {len(CORPUS)} packages, {len(HELDOUT)} held out"
    )


def cores() -> Finding:
    """The cores that this process may use."""
    usable = usable_cores()
    return _finding("cores", f"{usable:g}", usable >= 2, "Two or more make training bearable", Level.WEAK)


def memory() -> Finding:
    """The memory that is free now, cgroup limits included."""
    free = free_memory() / GIB
    return _finding(
        "memory", f"{free:.1f} GiB free", free >= 8, "Training takes up to 8 GiB: close programs", Level.WEAK
    )


def disk() -> Finding:
    """Room for runs, for temporary files and in shared memory."""
    wanted = {
        "here": (Path.cwd(), 2.0),
        "temporary": (Path(tempfile.gettempdir()), 1.0),
        "shm": (Path("/dev/shm"), 0.6),
    }
    free = {name: _free_disk(path) / GIB for name, (path, _) in wanted.items()}
    short = [name for name, (_, least) in wanted.items() if free[name] < least]
    detail = ", ".join(f"{name} {size:.1f} GiB" for name, size in free.items())
    remedy = "Free some; in a container give it --shm-size=1g" if "shm" in short else "Free some space"
    return _finding("disk", detail, not short, remedy, Level.WEAK)


def files() -> Finding:
    """How many files a process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _finding("open files", str(soft), soft >= 4096 or soft < 0, "ulimit -n 8192", Level.WEAK)


def sandbox() -> Finding:
    """The isolation tier for untrusted code."""
    try:
        found: Any = importlib.import_module("envs.sandbox.probe").probe()
    except UserError as error:
        return Finding("sandbox", Level.MISSING, error.what, error.remedy)
    reasons = "; ".join(str(reason) for reason in found.reasons)
    detail = f"tier {found.tier}" + (f" ({reasons})" if reasons else "")
    remedy = "Tier B needs Linux 5.13 or newer with Landlock; tier A unprivileged user namespaces or root"
    if found.tier == "A":
        return Finding("sandbox", Level.OK, detail)
    return Finding("sandbox", Level.OK if found.tier == "B" else Level.MISSING, detail, remedy)


def gpu() -> Finding:
    """A GPU is useful, never needed."""
    if _version("torch") is None:
        return Finding("gpu", Level.WEAK, "unknown without torch", INSTALL)
    torch: Any = importlib.import_module("torch")
    if not torch.cuda.is_available():
        return Finding("gpu", Level.OK, "none (not needed)")
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return Finding("gpu", Level.OK, ", ".join(names))


def ray_starts() -> Finding:
    """Whether an embedded Ray starts and runs a task."""
    if _version("ray") is None:
        return Finding("ray", Level.MISSING, "not installed", INSTALL)
    runtime: Any = importlib.import_module("cluster.ray_runtime")
    try:
        with runtime.ray_session(runtime.RayOptions()):
            resources = runtime.worker_resources()
    except UserError as error:
        return Finding("ray", Level.MISSING, error.what, error.remedy)
    return Finding("ray", Level.OK, f"{_version('ray')} runs tasks, {resources}")


def usable_cores() -> float:
    """Cores by affinity, cut to the cgroup's quota."""
    allowed = float(len(os.sched_getaffinity(0)))
    quota = _words("/sys/fs/cgroup/cpu.max") or _quota_v1()
    if len(quota) == 2 and quota[0] not in ("max", "-1"):
        return min(allowed, int(quota[0]) / int(quota[1]))
    return allowed


def free_memory() -> int:
    """Bytes that can still be had, cut to the cgroup's limit."""
    psutil: Any = importlib.import_module("psutil")
    free = int(psutil.virtual_memory().available)
    for limit_file, used_file in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        limit, used = _words(limit_file), _words(used_file)
        if limit and used and limit[0].isdigit():
            free = min(free, int(limit[0]) - int(used[0]))
    return free


def pinned(constraints: Path) -> dict[str, str]:
    """The versions in a constraints file, by name; nothing where there is no such file."""
    if not constraints.is_file():
        return {}
    lines = (line.split("#")[0].strip() for line in constraints.read_text().splitlines())
    return dict(line.split("==", 1) for line in lines if "==" in line)


def _differs(name: str, pins: dict[str, str]) -> bool:
    found = _version(name)
    # A local label tells the build apart (2.13.0+cpu), not the version.
    return found is not None and name in pins and found.split("+")[0] != pins[name]


def _finding(name: str, detail: str, good: bool, remedy: str, otherwise: Level = Level.MISSING) -> Finding:
    return Finding(name, Level.OK, detail) if good else Finding(name, otherwise, detail, remedy)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _free_disk(path: Path) -> int:
    return shutil.disk_usage(path).free if path.exists() else 0


def _words(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().split() if file.is_file() else []


def _quota_v1() -> list[str]:
    return _words("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") + _words("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
