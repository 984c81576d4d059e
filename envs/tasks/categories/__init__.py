"""The task categories; the contract is ``envs.tasks.category``."""
