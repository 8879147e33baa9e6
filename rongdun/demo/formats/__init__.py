"""How each device of the demo city writes down what it saw, one format per module."""
