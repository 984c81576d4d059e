"""
Runs inside the jail as a script: pytest with a plug-in that reports each test over a pipe as it ends.

The code under test shares this process, as in every pytest run; so what is said here is only evidence that the verdict
process weighs (``suite.py``). The plug-in therefore takes what it needs before any of that code is imported, sees for
itself whether a test's call raised instead of trusting report objects, checks that the functions which run tests are
still the ones it started with, and signs each line with a key that no argument, variable or file shows.
"""

from __future__ import annotations

import hmac
import json
import os
import sys
import time
from typing import Any

import _pytest.python
import _pytest.runner
import _pytest.unittest
import coverage
import pluggy
import pytest

_WATCHED = (
    (_pytest.python.Function, "runtest"),
    (_pytest.python, "pytest_pyfunc_call"),
    (_pytest.unittest.TestCaseFunction, "runtest"),
    (_pytest.runner, "pytest_runtest_call"),
    (_pytest.runner, "call_and_report"),
    (_pytest.runner, "runtestprotocol"),
    (_pytest.runner.CallInfo, "from_call"),
    (pytest.TestReport, "from_item_and_call"),
    (pluggy._hooks.HookCaller, "__call__"),
    (pluggy._callers, "_multicall"),
)


def _plain(owner: Any, name: str) -> tuple[Any, Any]:
    function = getattr(owner, name)
    function = getattr(function, "__func__", function)
    return function, function.__code__


def make_plugin(config: dict[str, Any]) -> Any:
    """The plug-in, whose state lives in this call alone."""
    write, clock, dumps, sign = os.write, time.perf_counter, json.dumps, hmac.digest
    pipe, key, root = config["pipe"], bytes.fromhex(config["key"]), config["root"]
    covered = {os.path.join(root, path): path for path in config["cover"]}
    watched = [(owner, name, *_plain(owner, name)) for owner, name in _WATCHED]
    tracer = coverage.Coverage(data_file=None, include=list(covered), config_file=False) if covered else None
    running: dict[str, dict[str, Any]] = {}

    def say(**what: Any) -> None:
        body = dumps(what).encode()
        line = sign(key, body, "sha256").hex().encode() + b" " + body + b"\n"
        while line:
            line = line[write(pipe, line) :]

    def untouched() -> bool:
        return all(_plain(owner, name) == (function, code) for owner, name, function, code in watched)

    def raised_at(error: BaseException) -> list[Any] | None:
        found, trace = None, error.__traceback__
        while trace is not None:
            path = trace.tb_frame.f_code.co_filename
            if path in covered or (not covered and path.startswith(root + os.sep)):
                found = [os.path.relpath(path, root), trace.tb_lineno]
            trace = trace.tb_next
        return found

    def lines_of(test: str) -> dict[str, list[int]]:
        if tracer is None:
            return {}
        data = tracer.get_data()
        data.set_query_context(test)
        found = {name: sorted(data.lines(path) or []) for path, name in covered.items()}
        data.set_query_contexts(None)
        return {name: lines for name, lines in found.items() if lines}

    class Reporter:
        """Hooks, in the order in which pytest calls them."""

        def pytest_collection_finish(self, session: Any) -> None:
            say(kind="collected", ids=[item.nodeid for item in session.items])

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                say(kind="broken", id=report.nodeid, message=str(report.longrepr)[-2000:])

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Any:
            say(kind="start", id=item.nodeid)
            state: dict[str, Any] = {"seen": "none", "error": None, "reports": []}
            running[item.nodeid] = state
            if tracer is not None:
                tracer.switch_context(item.nodeid)
            began = clock()
            try:
                return (yield)
            finally:
                finish(item.nodeid, state, clock() - began)

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_call(self, item: Any) -> Any:
            state = running[item.nodeid]
            try:
                result = yield
            except BaseException as error:
                state["seen"], state["error"] = "raised", error
                raise
            kept = list(getattr(item, "_excinfo", None) or ())  # where unittest cases keep theirs
            state["seen"], state["error"] = ("raised", kept[0].value) if kept else ("returned", None)
            return result

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
            report = yield
            state = running[item.nodeid]
            if call.excinfo is not None and state["error"] is None:
                state["error"] = call.excinfo.value
            state["reports"].append((report.when, report.outcome, hasattr(report, "wasxfail")))
            return report

        def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
            say(kind="end", status=int(exitstatus))

    def finish(test: str, state: dict[str, Any], seconds: float) -> None:
        error = state["error"]
        say(
            kind="result",
            id=test,
            outcome=outcome_of(state) if untouched() else "tampered",
            seconds=seconds,
            message=f"{type(error).__name__}: {error}"[:2000] if error is not None else "",
            raised=raised_at(error) if error is not None else None,
            lines=lines_of(test),
        )

    def outcome_of(state: dict[str, Any]) -> str:
        reports = state["reports"]
        if any(outcome == "skipped" for _, outcome, _ in reports):
            return "skipped"
        if state["seen"] == "returned" and [outcome for _, outcome, _ in reports] == ["passed"] * 3:
            return "passed"
        return "failed" if isinstance(state["error"], AssertionError) else "raised"

    if tracer is not None:
        tracer.start()
    return Reporter()


def main() -> None:
    """``sys.argv[1]``: the fd of a pipe that holds the configuration as one line of JSON."""
    with os.fdopen(int(sys.argv[1]), "rb") as source:
        config = json.loads(source.read())
    del sys.argv[1:]
    sys.exit(pytest.main([*config["arguments"], *config["targets"]], plugins=[make_plugin(config)]))


if __name__ == "__main__":
    main()
