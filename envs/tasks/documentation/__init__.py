"""The parts of the category ``documentation``: reading, measuring and proposing docstrings in four conventions."""
