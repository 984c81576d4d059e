"""Logging of the driver and of every Ray worker: warnings by default, everything of ours with ``DEBUG=1``."""

from __future__ import annotations

import logging
import os
import sys

ROOMS = ("core", "data", "envs", "policies", "rewards", "learning", "tuning", "serve", "cluster")
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


def debugging() -> bool:
    """Whether ``DEBUG`` is set to something else than nothing, 0, false or no."""
    return os.environ.get("DEBUG", "").strip().lower() not in ("", "0", "false", "no")


def configure() -> None:
    """
    Sets up this process's loggers. Ray calls it in every worker too (``worker_process_setup_hook``), where stderr goes
    back to the driver.
    """
    logging.basicConfig(stream=sys.stderr, format=_FORMAT, level=logging.WARNING)
    level = logging.DEBUG if debugging() else logging.WARNING
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)
    # Its warnings are for those who write against RLlib, which sets the level of its own root logger when imported.
    logging.getLogger("ray.rllib.algorithms.algorithm_config").setLevel(level if debugging() else logging.ERROR)
