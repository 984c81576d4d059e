import subprocess
import sys
from pathlib import Path

import ray
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from cluster.runs import PROJECT

CLUSTER = PROJECT / "cluster"


def test_ray_up_accepts_the_cluster_file() -> None:
    config = yaml.safe_load((CLUSTER / "ray-cluster.yaml").read_text())
    validate_config(prepare_config(config))


def test_every_file_that_the_cluster_file_mounts_is_there() -> None:
    config = yaml.safe_load((CLUSTER / "ray-cluster.yaml").read_text())
    assert all((PROJECT / source).is_file() for source in config["file_mounts"].values())


def test_the_kubernetes_job_runs_the_ray_that_is_pinned_on_a_config_that_exists() -> None:
    claim, job = yaml.safe_load_all((CLUSTER / "rayjob.yaml").read_text())
    spec = job["spec"]
    assert spec["rayClusterSpec"]["rayVersion"] == ray.__version__
    *_, option, config = spec["entrypoint"].split()
    assert option == "--config"
    assert (PROJECT / config).is_file()
    head = spec["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    assert head["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_the_worker_s_script_installs_what_the_project_names(tmp_path: Path) -> None:
    script = (CLUSTER / "requirements.sh").read_text()
    program = script.split("<<'PYTHON'\n")[1].split("PYTHON\n")[0]
    command = [sys.executable, "-c", program]
    names = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    assert "ray[rllib,tune,serve,default]" in names
    assert "boltons" in names
    assert subprocess.run(["bash", "-n", CLUSTER / "requirements.sh"], check=False).returncode == 0
