"""Sweeps over full training runs."""
