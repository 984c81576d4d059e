"""Slow functions: how their cost is measured, how they are made slow, and the edits that make them fast again."""
