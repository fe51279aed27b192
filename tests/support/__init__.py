"""A user's own package, as far as xaimed can tell: it adds a backbone through ``--config-dir`` and ``--allow``."""
