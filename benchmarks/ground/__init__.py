"""What every measurement stands on: the interpreter, the spread of figures, the results kept."""
