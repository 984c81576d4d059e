"""From a program text and what its executions showed to the arrays that a policy reads."""
