"""Measurements; each is run as `python -m benchmarks.NAME --json`."""

import os

# As ``journeyman`` has it (cluster/cli.py): read once, when a benchmark loads torch.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
