"""Feature implementation: what is taken out of real code, and what code can be composed to stand in its place."""
