"""What tests on real engines share."""

from browser import chromium

__all__ = ["chromium"]
