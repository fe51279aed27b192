"""``python -m xaimed`` is ``xaimed``."""

import sys

from xaimed.cli.main import main

sys.exit(main())
