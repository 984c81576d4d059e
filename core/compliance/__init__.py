"""How well Python code keeps to limits of size and complexity: measured from its syntax tree, never from claims."""
