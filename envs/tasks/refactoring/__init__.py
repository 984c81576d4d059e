"""Refactoring: what makes code worse, what makes it better, and how both are measured."""
