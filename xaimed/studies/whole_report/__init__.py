"""One HTML file for a run, a sweep or a study."""
