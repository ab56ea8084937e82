"""``python -m specloom_mock DOCUMENT``."""

from specloom_mock.cli import main

raise SystemExit(main())
