"""The figures of a study, one kind a module."""
