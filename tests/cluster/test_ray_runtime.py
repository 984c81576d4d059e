import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.ray_runtime import (
    MAX_ROOT_CHARACTERS,
    OWNER,
    PREFIX,
    RayOptions,
    cluster_address,
    ray_session,
    sweep_stale,
    temporary_root,
)
from cluster.runs import JOB_CONFIG, PROJECT
from core.errors import UserError

EMBEDDED = """
import logging, os, ray
from cluster.ray_runtime import RayOptions, ray_session

@ray.remote(num_cpus=0)
def seen():
    import core.records
    logging.getLogger("envs.probe").debug("worker speaks")
    return logging.getLogger("envs.probe").isEnabledFor(logging.DEBUG), os.environ["RAY_USAGE_STATS_ENABLED"]

with ray_session(RayOptions()):
    print("WORKER", *ray.get(seen.remote()))
    print("STORE", ray.cluster_resources()["object_store_memory"] <= 512 << 20)
"""


@pytest.fixture(autouse=True)
def _no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.delenv(JOB_CONFIG, raising=False)


def test_an_address_comes_from_the_option_the_environment_or_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cluster_address(RayOptions()) == ""
    monkeypatch.setenv(JOB_CONFIG, "{}")
    assert cluster_address(RayOptions()) == "auto"
    monkeypatch.setenv("RAY_ADDRESS", "a:1")
    assert cluster_address(RayOptions()) == "a:1"
    assert cluster_address(RayOptions(address="b:2")) == "b:2"


def test_a_long_temporary_directory_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 60)
    deep.mkdir()
    monkeypatch.setenv("RAY_TMPDIR", str(deep))
    root = temporary_root()
    try:
        assert len(str(root)) <= MAX_ROOT_CHARACTERS
        assert int((root / OWNER).read_text()) == os.getpid()
    finally:
        (root / OWNER).unlink()
        root.rmdir()


def test_only_directories_of_dead_processes_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name, pid in (("dead", str(dead.pid)), ("alive", str(os.getpid())), ("odd", "x")):
        (tmp_path / f"{PREFIX}{name}").mkdir()
        (tmp_path / f"{PREFIX}{name}" / OWNER).write_text(pid)
    (tmp_path / "other").mkdir()
    # Other processes' may lie in the machine's own temporary directory.
    assert [root.name for root in sweep_stale() if root.parent == tmp_path] == [f"{PREFIX}dead"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{PREFIX}alive", f"{PREFIX}odd", "other"]


def test_ray_client_addresses_are_refused() -> None:
    with pytest.raises(UserError, match="ray job submit"), ray_session(RayOptions(address="ray://x:10001")):
        pass


def run_embedded(**variables: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("RAY_ADDRESS", "DEBUG")} | variables
    command = [sys.executable, "-c", EMBEDDED]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=PROJECT, timeout=120, check=True)


@pytest.mark.ray
def test_an_embedded_ray_is_quiet_small_and_leaves_nothing() -> None:
    before = set(Path("/tmp").glob(f"{PREFIX}*"))
    done = run_embedded()
    assert done.stdout.split("\n")[:2] == ["WORKER False 0", "STORE True"]
    assert done.stderr == ""
    assert set(Path("/tmp").glob(f"{PREFIX}*")) <= before


@pytest.mark.ray
def test_debug_reaches_every_worker() -> None:
    done = run_embedded(DEBUG="1")
    assert "WORKER True 0" in done.stdout
    assert "worker speaks" in done.stdout + done.stderr
