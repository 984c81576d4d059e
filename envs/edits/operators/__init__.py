"""The operators of the grammar, one family a file."""

from envs.edits.operators import constants, names, symbols

# The order fixes the ids of the kinds: append only, and raise GRAMMAR_VERSION for anything else.
FAMILIES = (symbols.FAMILY, constants.FAMILY, names.FAMILY)
