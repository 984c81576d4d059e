"""Scores of trajectories, made from evidence."""
