"""Deployed agent versions."""
