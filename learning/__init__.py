"""Training, evaluation and repair: the only place that wires the parts."""
