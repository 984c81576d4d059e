import numpy as np

from core.observation import FIRST_EDIT, ObservationLimits, array_shapes


def test_shapes_follow_the_limits() -> None:
    limits = ObservationLimits(max_tokens=7, max_candidates=5)
    shapes = array_shapes(limits)
    assert limits.actions == FIRST_EDIT + 5
    assert shapes["action_mask"] == ((limits.actions,), np.int8)
    assert shapes["tokens"][0][0] == shapes["node"][0][0] == shapes["relations"][0][0] == 7
    assert all(shape[0] == 5 for name, (shape, _) in shapes.items() if name.startswith("cand_"))


def test_indices_fit_their_integers() -> None:
    limits = ObservationLimits()
    assert limits.max_tokens <= np.iinfo(np.int16).max
