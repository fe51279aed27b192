"""HTML pages that need nothing else: no server, no network, and no text that could become a command."""
