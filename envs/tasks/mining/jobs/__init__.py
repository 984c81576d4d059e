"""Trusted jobs that run beside mined code in the confined child; they import the standard library and the sandbox."""
