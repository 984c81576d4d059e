"""Repair of real repositories: localise by coverage, rank edits by the policy, validate each in the sandbox."""
