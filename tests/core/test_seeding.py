import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from core.seeding import derive_seed, digest, rng

TEXTS = st.lists(st.text(max_size=5) | st.binary(max_size=5), max_size=4)


@given(st.integers(), st.lists(st.text(max_size=5), max_size=3))
def test_a_seed_is_a_63_bit_number_that_depends_on_its_stream(seed: int, names: list[str]) -> None:
    derived = derive_seed(seed, *names)
    assert 0 <= derived < 2**63
    assert derived == derive_seed(seed, *names)
    assert derived != derive_seed(seed, *names, "other")
    assert derived != derive_seed(seed + 1, *names)


def test_streams_are_the_same_in_every_process() -> None:
    code = "from core.seeding import derive_seed; print(derive_seed(3, 'mine', 4))"
    env = os.environ | {"PYTHONHASHSEED": "77"}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert int(there.stdout) == derive_seed(3, "mine", 4)


def test_equal_streams_draw_equal_numbers_and_others_do_not() -> None:
    assert rng(1, "a").random(8).tolist() == rng(1, "a").random(8).tolist()
    assert rng(1, "a").random(8).tolist() != rng(1, "b").random(8).tolist()


@given(TEXTS, TEXTS)
def test_two_lists_of_parts_share_a_digest_only_where_their_bytes_are_equal(
    first: list[str | bytes], second: list[str | bytes]
) -> None:
    def as_bytes(parts: list[str | bytes]) -> list[bytes]:
        return [part.encode() if isinstance(part, str) else part for part in parts]

    assert (digest(*first) == digest(*second)) == (as_bytes(first) == as_bytes(second))


def test_lone_surrogates_have_a_digest_too() -> None:
    assert digest("\ud800") != digest("?")
