"""Commits of a git repository as tasks: a function as it was before, judged by what it does since."""
