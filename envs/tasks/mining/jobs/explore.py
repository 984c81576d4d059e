"""
The exploration job: finds inputs of one function inside the confined child.

Request: header ``{module, qualname, source, seed, seconds, usage, constructors, docs, keep, fresh, ...}``
and recorded inputs. Reply: header ``{reject, stats, checks: [...], fresh: [...]}`` and, in the same order, the inputs
and their expected forms.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import pickle
import random
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any

from envs.sandbox.program import ProgramError, compile_program, resolve_function, swap
from envs.tasks.mining.frames import pack, unpack
from envs.tasks.mining.jobs import patterns
from envs.tasks.mining.jobs.calls import call_text
from envs.tasks.mining.jobs.closure import ModuleGuard
from envs.tasks.mining.jobs.corpus import Entry, select
from envs.tasks.mining.jobs.instances import InstanceFactory, ready_instances
from envs.tasks.mining.jobs.ordering import order_depends_on_hashes
from envs.tasks.mining.jobs.plan import ArgumentPlan
from envs.tasks.mining.jobs.recorder import CallRecorder
from envs.tasks.mining.jobs.search import Search, finite, parameters_of
from envs.tasks.mining.jobs.values import KIND_TYPES, MAKERS, Pool
from envs.tasks.mining.jobs.weights import KindChoice, kind_weights

_FRESH_SECONDS = 0.1
_MOST_CLASSES = 20


def explore(payload: bytes) -> bytes:
    """The job: see the module's docstring."""
    request, traces = unpack(payload)
    module = sys.modules[request["module"]]
    try:
        function, call, code = _prepare(module, request)
    except ProgramError as error:
        return pack({"reject": "unresolved", "detail": str(error)[:200]})
    recorded = _doctest_inputs(module, function, request["docs"])
    swap(function, code)
    bound = isinstance(getattr(call, "__self__", None), type)
    pool, plan = _plan(module, function, call, code, request)
    search = Search(call, code, plan, pool, ModuleGuard(module))
    generate_s, mutate_s = request["seconds"]
    search.replay([unbound(data) if bound else data for data in traces], "traced", 2 * generate_s)
    search.replay([unbound(data) if bound else data for data in recorded], "doctest", generate_s)
    rng = random.Random(request["seed"])
    search.generate(rng, generate_s)
    search.mutate(rng, mutate_s)
    found = [entry for entry in search.corpus.entries if not order_depends_on_hashes(entry.args)]
    cause = _reject(search, request)
    if cause:
        return pack({"reject": cause, "stats": _stats(search)})
    if search.corpus.coverage(search.executable) < request["min_coverage"]:
        return _reply(search, select(found, request["keep"], rng), [])  # good enough to practise on, at most
    # Inputs that only report agreement come from another stream, so that no check's seed can give them.
    other = random.Random(request["seed"] ^ 0x5F5E5F5E)
    fresh = search.fresh(other, _FRESH_SECONDS, 2 * request["fresh"])
    fresh = [each for each in fresh if not order_depends_on_hashes(each.args)]
    return _reply(search, select(found, request["keep"], rng), select(fresh, request["fresh"], other))


def _prepare(module: ModuleType, request: dict[str, Any]) -> tuple[FunctionType, Any, CodeType]:
    function, call = resolve_function(module, request["qualname"])
    code = compile_program(request["source"], request["qualname"], function.__code__.co_flags)
    # Bytecode may differ in details (calls on imported modules compile otherwise), names and line spans may not.
    shift = request["line"] - request["header_lines"] - 1
    if _outline(function.__code__, shift) != _outline(code, 0):
        raise ProgramError("another definition is in use")
    return function, call, code


def _outline(code: CodeType, shift: int) -> tuple[object, ...]:
    last = max(line for _, _, line in code.co_lines() if line is not None)
    return code.co_names, code.co_varnames, code.co_freevars, last - shift


def _doctest_inputs(module: ModuleType, function: FunctionType, docs: list[str]) -> list[bytes]:
    """Runs the examples near the function and records what it is called with."""
    code = function.__code__
    recorder = CallRecorder({(code.co_filename, code.co_firstlineno): "it"}, distinct=40, calls=200)
    for text in docs:
        try:
            test = doctest.DocTestParser().get_doctest(text, dict(vars(module)), "docs", None, None)
        except ValueError:
            continue
        runner = doctest.DocTestRunner(verbose=False)
        silent = io.StringIO()
        with contextlib.redirect_stdout(silent), recorder, contextlib.suppress(Exception, SystemExit):
            runner.run(test, out=silent.write, clear_globs=False)
    return list(recorder.inputs.get("it", ()))


def unbound(data: bytes) -> bytes:
    """A recorded call of a class method holds the class, which the bound callable brings along."""
    try:
        args, kwargs = pickle.loads(data)
    except Exception:  # noqa: BLE001  # recorded elsewhere: classes may be out of reach here
        return data
    return pickle.dumps((args[1:], kwargs), 4) if args and isinstance(args[0], type) else data


def _plan(
    module: ModuleType, function: FunctionType, call: Any, code: CodeType, request: dict[str, Any]
) -> tuple[Pool, ArgumentPlan]:
    pool = _pool(function, code)
    owner = _owner(module, request["qualname"])
    classes = _classes(module, owner)
    for kind, offered in classes.items():
        constructor = request["constructors"].get(offered.__qualname__, {})
        factory = InstanceFactory(offered, constructor, pool, ready_instances(module, offered))
        pool.makers[kind] = factory.build
    usage = request["usage"]
    for one in usage.values():
        pool.texts += [c for c in one["constants"] if isinstance(c, str)]
        pool.numbers += finite(one["constants"])
    plan = ArgumentPlan(parameters_of(call, function), usage, pool, classes)
    if owner is not None and plan.slots and plan.slots[0].parameter.name == "self":
        plan.slots[0].choice = KindChoice(_self_weights(owner, usage.get("self", {}), classes))
    return pool, plan


def _pool(function: FunctionType, code: CodeType) -> Pool:
    constants = [c for constant in _flat(code) for c in _spread(constant)]
    globals_read = [function.__globals__.get(name) for name in code.co_names]
    for value in globals_read:
        if isinstance(value, (dict, list, tuple, set, frozenset)):
            constants += [c for c in list(value)[:20] if isinstance(c, (str, int))]
        elif isinstance(value, (str, int)):
            constants.append(value)
    texts = [c for c in constants if isinstance(c, str) and 0 < len(c) < 40]
    texts += [c.decode("latin-1") for c in constants if isinstance(c, bytes) and 0 < len(c) < 40]
    pool = Pool(texts, finite(constants))
    for pattern in patterns.patterns_near(function, code)[:4]:
        pool.patterns.append(_sampler(pattern.pattern, pattern.flags))
    return pool


def _sampler(pattern: str, flags: int) -> Any:
    return lambda rng: patterns.sample(pattern, flags & ~32, rng)[:300]


def _flat(code: CodeType) -> list[Any]:
    inner: list[CodeType] = [c for c in code.co_consts if isinstance(c, CodeType)]
    own = [c for c in code.co_consts[1:] if not isinstance(c, CodeType)]
    return own + [c for each in inner for c in _flat(each)]


def _spread(constant: Any) -> list[Any]:
    return list(constant) if isinstance(constant, (tuple, frozenset)) else [constant]


def _owner(module: ModuleType, qualname: str) -> type | None:
    found: Any = module
    for part in qualname.split(".")[:-1]:
        found = getattr(found, part)
    return found if isinstance(found, type) else None


def _classes(module: ModuleType, owner: type | None) -> dict[str, type]:
    """Classes that arguments may be instances of: the function's own, then the module's namespace."""
    found: list[type] = []
    if owner is not None:
        subclasses: list[type] = type.__subclasses__(owner)
        found += [owner, *(each for each in subclasses if each.__module__ == owner.__module__)]
    named = [v for v in vars(module).values() if isinstance(v, type) and not issubclass(v, BaseException)]
    found += sorted((v for v in named if v.__module__ != "builtins"), key=lambda v: v.__module__ != module.__name__)
    ordered: dict[type, None] = dict.fromkeys(found)
    unique: list[type] = [each for each in ordered if each not in KIND_TYPES.values()]
    return {f"class {each.__module__}.{each.__qualname__}": each for each in unique[:_MOST_CLASSES]}


def _self_weights(owner: type, usage: dict[str, Any], classes: dict[str, type]) -> dict[str, float]:
    """Instances of the method's class or of its subclasses; builtin values where they have all that it reads."""
    proper = {kind for kind, each in classes.items() if issubclass(each, owner)}
    weights = kind_weights("self", usage, None, False, classes)
    foreign = {kind: weight if weight > 5 else 0.01 for kind, weight in weights.items() if kind in MAKERS}
    return {**dict.fromkeys(proper, 12.0), **foreign}


def _reject(search: Search, request: dict[str, Any]) -> str:
    corpus = search.corpus
    if not corpus.entries:
        return search.losses.most_common(1)[0][0] if search.losses else "nothing ran"
    if not corpus.returning:
        return "only raises"
    return "few inputs" if corpus.returning < request["min_returning"] else ""


def _stats(search: Search) -> dict[str, Any]:
    corpus = search.corpus
    return {
        "tried": search.tried,
        "kept": len(corpus.entries),
        "returning": corpus.returning,
        "coverage": round(corpus.coverage(search.executable), 3),
        "losses": dict(search.losses),
    }


def _reply(search: Search, checks: list[Entry], fresh: list[Entry]) -> bytes:
    header = {
        "reject": "",
        "stats": _stats(search),
        "executable": sorted(search.executable),
        "checks": [_described(entry) for entry in checks],
        "fresh": [_described(entry) for entry in fresh],
    }
    blobs = [part for entry in (*checks, *fresh) for part in (entry.args, entry.expected)]
    return pack(header, blobs)


def _described(entry: Entry) -> dict[str, Any]:
    return {"kind": entry.kind, "lines": entry.lines, "family": entry.family, "call": call_text(entry.args)}
