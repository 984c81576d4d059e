"""
The job's entry point: ``ray job submit --working-dir . -- python -m cluster.train --config configs/standard.yaml``.

The same as ``journeyman train``; inside a Ray job it connects to the job's cluster.
"""

from __future__ import annotations

import sys

from cluster.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
