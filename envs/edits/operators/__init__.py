"""The operators of the grammar, one family a file."""

import keyword

from envs.edits.operators import (
    blocks,
    conditions,
    constants,
    elements,
    guards,
    names,
    results,
    statements,
    swaps,
    symbols,
    wraps,
)

# Words that an edit may put in although the function doesn't hold them.
USUAL = names.USUAL | wraps.USUAL | elements.USUAL | frozenset(keyword.kwlist)
# The order fixes the ids of the kinds: append only, and raise GRAMMAR_VERSION for anything else.
FAMILIES = (
    symbols.FAMILY,
    constants.FAMILY,
    names.FAMILY,
    swaps.FAMILY,
    conditions.FAMILY,
    wraps.FAMILY,
    elements.FAMILY,
    statements.FAMILY,
    blocks.FAMILY,
    guards.FAMILY,
    results.FAMILY,
)
