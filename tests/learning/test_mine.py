"""Parallel mining on real packages, in processes."""

from collections import Counter
from pathlib import Path

import pytest

from core.errors import TaskError
from core.records import Split
from envs.tasks.mining.settings import MiningSettings
from learning.mine import mine, plan
from learning.mining_worker import MiningWorker, Visit
from learning.quota import Quota

SETTINGS = MiningSettings(generate_seconds=0.1, mutate_seconds=0.05, mutants=10)
VISIT = Visit("inflection", "inflection")


def test_the_plan_begins_with_every_heldout_package_and_depends_on_the_seed_alone():
    names = ["boltons", "toolz", "inflection"]
    first = plan(SETTINGS, names, Split.HELDOUT)
    assert first == plan(SETTINGS, names, Split.HELDOUT)
    assert {visit.package for visit in first[:3]} == set(names)
    assert len({(visit.package, visit.module) for visit in first}) == len(first)


def test_the_standard_library_comes_first_and_not_alone():
    first = plan(SETTINGS, ["networkx", "python"], Split.TRAIN)[:100]
    assert 50 < sum(visit.package == "python" for visit in first) < 100


def test_a_package_of_another_split_is_refused():
    with pytest.raises(TaskError, match="serves heldout, not train"):
        plan(SETTINGS, ["toolz"], Split.TRAIN)


@pytest.fixture(scope="module")
def mined_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    worker = MiningWorker(SETTINGS, folder, 1e12)
    visited = worker.visit(VISIT)
    worker.close()
    assert visited.harvest is not None
    assert visited.harvest.functions
    return folder, visited.harvest


def test_a_second_run_reads_the_cache_and_finds_the_same(mined_once):
    folder, harvest = mined_once
    files = sorted((folder / "functions").iterdir())
    mined = mine(
        SETTINGS,
        packages=["inflection"],
        split=Split.HELDOUT,
        deadline_s=60,
        cache_dir=folder,
        workers=1,
        backend="processes",
    )
    assert sorted((folder / "functions").iterdir()) == files
    assert mined.complete
    assert mined.tasks
    assert harvest.practice
    assert mined.practice == ()  # held out: nobody learns from it
    assert {f.digest for f in mined.functions} <= {f.digest for f in harvest.functions}
    assert {task.id for task in mined.tasks} <= {task.id for task in harvest.tasks}


def test_torn_cache_files_are_made_anew(mined_once, tmp_path):
    folder, harvest = mined_once
    (tmp_path / "functions").mkdir()
    torn, *whole = sorted((folder / "functions").iterdir())
    (tmp_path / "functions" / torn.name).write_bytes(torn.read_bytes()[:40])
    for path in whole:
        (tmp_path / "functions" / path.name).write_bytes(path.read_bytes())
    worker = MiningWorker(SETTINGS, tmp_path, 1e12)
    again = worker.visit(VISIT).harvest
    worker.close()
    assert again is not None
    tried = [len(h.functions) + sum(h.rejects.values()) for h in (harvest, again)]
    assert tried[0] == tried[1]
    assert len((tmp_path / "functions" / torn.name).read_bytes()) > 40


def test_a_deadline_that_has_passed_gives_nothing_and_says_so(tmp_path: Path):
    worker = MiningWorker(SETTINGS, tmp_path, 0.0)
    visited = worker.visit(VISIT)
    worker.close()
    assert visited.cut
    assert visited.harvest is not None
    assert not visited.harvest.functions


def test_a_module_that_can_not_be_mined_is_told_not_raised(tmp_path):
    worker = MiningWorker(SETTINGS, tmp_path, 1e12)
    visited = worker.visit(Visit("inflection", "inflection.nonesuch"))
    worker.close()
    assert visited.harvest is None
    assert "nonesuch" in visited.error


@pytest.mark.ray
@pytest.mark.slow
def test_ray_actors_do_the_same_work(mined_once):
    ray = pytest.importorskip("ray")
    folder, harvest = mined_once
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        mined = mine(
            SETTINGS, packages=["inflection"], split=Split.HELDOUT, deadline_s=120, cache_dir=folder, workers=1
        )
    finally:
        ray.shutdown()
    assert mined.complete
    assert {task.id for task in mined.tasks} <= {task.id for task in harvest.tasks}
    assert mined.tasks


def test_it_ends_where_there_is_enough_of_every_category_and_makes_no_more_of_those(tmp_path):
    settings = SETTINGS.model_copy(update={"categories": ("bug_fix", "documentation")})
    mined = mine(
        settings,
        packages=["inflection", "humanize"],
        split=Split.HELDOUT,
        deadline_s=120,
        cache_dir=tmp_path,
        workers=1,
        backend="processes",
        quota=Quota(enough=4),
    )
    counts = Counter(task.category for task in mined.tasks)
    assert min(counts.values()) >= 4
    assert set(counts) == set(settings.categories)
    assert {task.provenance.package for task in mined.tasks} == {"inflection", "humanize"}
    assert not mined.complete
