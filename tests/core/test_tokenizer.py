import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.protocols import Tokenizer
from core.tokenizer import HashedTokenizer


@given(st.text(max_size=30), st.integers(2, 10_000))
def test_every_text_has_ids_in_range(text: str, vocab_size: int) -> None:
    ids = HashedTokenizer(vocab_size).ids(text)
    assert ids
    assert all(1 <= one < vocab_size for one in ids)


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("max_value", ["max", "value"]),
        ("HTTPServer", ["HTTP", "Server"]),
        ("camelCase", ["camel", "Case"]),
        ("x2", ["x", "2"]),
        ("__init__", ["init"]),
        ("<=", ["<="]),
    ],
)
def test_identifiers_come_apart_where_a_reader_would_split_them(whole: str, parts: list[str]) -> None:
    tokenizer = HashedTokenizer()
    assert tokenizer.ids(whole) == tuple(one for part in parts for one in tokenizer.ids(part))


def test_it_keeps_the_protocol() -> None:
    tokenizer: Tokenizer = HashedTokenizer(64)
    assert tokenizer.vocab_size == 64
    assert isinstance(tokenizer, Tokenizer)
