"""
The tracing job: runs one test module in a confined process of its own and writes down what functions are called with.

    python -m envs.tasks.mining.jobs.trace REQUEST ANSWER

REQUEST: header ``{tests, root, runner, seconds, wanted: [[file, first line, name]]}`` (``root``: of a repository, its
folder); ANSWER: header ``{counts: {name: n}}`` and the pickled inputs in that order. What was recorded is written too
where time runs out.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import signal
import sys
import unittest
from pathlib import Path
from types import FrameType
from typing import Any

from envs.tasks.mining.frames import pack, unpack
from envs.tasks.mining.jobs.recorder import CallRecorder


def main(request_file: str, answer_file: str) -> None:
    """Runs the tests under the recorder; never returns normally, so that no test's thread can hold it up."""
    request, _ = unpack(Path(request_file).read_bytes())
    wanted = {(file, line): name for file, line, name in request["wanted"]}
    recorder = CallRecorder(wanted)

    def finish(number: int = 0, frame: FrameType | None = None) -> None:
        sys.settrace(None)
        inputs = {name: list(found) for name, found in recorder.inputs.items()}
        counts = {name: len(found) for name, found in inputs.items()}
        Path(answer_file).write_bytes(pack({"counts": counts}, [data for found in inputs.values() for data in found]))
        os._exit(0)

    signal.signal(signal.SIGPROF, finish)
    signal.signal(signal.SIGALRM, finish)
    signal.setitimer(signal.ITIMER_PROF, request["seconds"])
    signal.setitimer(signal.ITIMER_REAL, 4 * request["seconds"])
    silent = io.StringIO()
    with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent), contextlib.suppress(BaseException):
        _run(request, recorder)
    finish()


def _run(request: dict[str, Any], recorder: CallRecorder) -> None:
    if request["runner"] == "pytest":
        pytest = importlib.import_module("pytest")
        arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header", request["tests"]]
        # What pytest takes for the root of a repository without a configuration is a folder that can't be read here.
        arguments += [f"--rootdir={request['root']}"] if request["root"] else []
        with recorder:
            pytest.main(arguments)
        return
    support = importlib.import_module("test.support")
    # No network, no audio, no tests that are marked as slow.
    support.use_resources = []  # type: ignore[attr-defined]
    suite = unittest.defaultTestLoader.loadTestsFromName(request["tests"])
    with recorder:
        unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)


if __name__ == "__main__":
    main(*sys.argv[1:])
