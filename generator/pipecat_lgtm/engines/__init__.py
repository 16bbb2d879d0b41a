"""The programs the stack runs: found or built, started, watched, drained and ended."""
