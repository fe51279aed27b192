"""Speed and memory against named peers, side by side in one process. ``make bench`` runs all of it."""
