"""The command line, the job entry points and Ray bring-up."""
