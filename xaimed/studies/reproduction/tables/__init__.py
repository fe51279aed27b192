"""The tables of a study, one kind a module."""
