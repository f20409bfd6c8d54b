"""The estimators, one method a module. Each names its source, its assumptions, and its reference case."""
