"""A study: many runs that make one paper's tables and figures."""
