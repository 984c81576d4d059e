"""Runs untrusted Python where it can do no harm: a fast lane for functions and a slow lane for test suites."""
