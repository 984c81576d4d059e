"""The task categories; the contract is ``envs.tasks.category``, the names are those of ``core.records.Category``."""
