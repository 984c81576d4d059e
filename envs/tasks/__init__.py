"""Tasks from real code."""
