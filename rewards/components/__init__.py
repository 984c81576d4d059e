"""One reward component per file."""
