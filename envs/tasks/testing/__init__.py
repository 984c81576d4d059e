"""Tasks of writing tests: what inputs show of a function, and which mutants of it a test tells apart."""
