"""Tasks, edits, sandbox and the Gymnasium environments."""
