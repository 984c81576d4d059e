import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tasks.mining.frames import pack, unpack

_HEADERS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(_HEADERS, st.lists(st.binary(), max_size=5))
def test_unpack_gives_back_what_was_packed(header, blobs):
    assert unpack(pack(header, blobs)) == (header, blobs)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_raise_nothing_but_value_errors(data):
    with contextlib.suppress(ValueError):
        unpack(data)


def test_a_message_with_something_after_it_is_torn():
    with pytest.raises(ValueError, match="torn"):
        unpack(pack({}, [b"x"]) + b"!")
