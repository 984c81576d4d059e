"""Importing is safe: no package does anything on import, none needs another's room, and light ones stay light."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("core", "data", "envs", "policies", "rewards", "learning", "tuning", "serve", "cluster")
FORBIDDEN = ("ray", "torch", "gymnasium", "transformers")
# What importing a room may not do; the probe imports every module of ours in one fresh process.
PROBE = """
import importlib, os, sys, threading
writes = []
def audit(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        if not str(args[0]).endswith((".pyc", "/dev/null")) and "__pycache__" not in str(args[0]):
            writes.append(str(args[0]))
    elif event in ("subprocess.Popen", "os.fork", "os.system", "socket.connect"):
        if args and args[0] and "ldconfig" in str(args[0]):
            return  # ctypes.util of a third party
        writes.append(f"{event} {args!r}"[:200])
for heavy in ("numpy", "ray", "torch", "torch._dynamo", "transformers", "gymnasium", "pyarrow", "matplotlib.pyplot"):
    importlib.import_module(heavy)
import ray.rllib.algorithms.ppo, ray.rllib.algorithms.appo, ray.tune, ray.serve
environment, directory = dict(os.environ), os.getcwd()
sys.addaudithook(audit)
for name in sys.argv[1:]:
    importlib.import_module(name)
print("\\n".join(writes))
assert not writes
assert dict(os.environ) == environment, set(os.environ.items()) ^ set(environment.items())
assert os.getcwd() == directory
assert not ray.is_initialized()
"""


def modules() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1] != "__main__":
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=240)


def test_importing_every_module_writes_nothing_starts_nothing_and_changes_nothing() -> None:
    done = python("-B", "-W", "ignore", "-c", PROBE, *modules())
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]


def test_the_vocabulary_needs_no_framework() -> None:
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        f"print([name for name in {FORBIDDEN} if name in sys.modules])"
    )
    done = python("-c", code, *[name for name in modules() if name.split(".")[0] == "core"])
    assert done.stdout.strip() == "[]", done.stderr


def test_the_command_line_loads_nothing_heavy_to_show_its_help() -> None:
    code = f"import sys, cluster.cli; print([name for name in (*{FORBIDDEN}, 'numpy') if name in sys.modules])"
    assert python("-c", code).stdout.strip() == "[]"


def test_the_rooms_keep_their_contracts() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
