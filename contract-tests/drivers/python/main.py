"""The Python SDK's contract driver: JSON lines in, JSON lines out."""

from __future__ import annotations

from unistack_driver.loop import main

if __name__ == "__main__":
    main()
