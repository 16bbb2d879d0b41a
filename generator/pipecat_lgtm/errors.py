"""The errors a user can meet; each says which key or program, what is wrong, and what to do next.

StackError
├── ConfigError        a value in stack.yaml
├── EngineError        a program the stack runs: build, start, crash
├── OutputError        a rendered file that cannot be written or differs
└── CheckFailed        a validation or demo that ran and found a fault
"""

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as shells expect it."""


class StackError(Exception):
    """A failure explained in the user's words.

    Args:
        message: which key or program, and what is wrong.
        hint: what to do next.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return both halves, as printed by the command line."""
        return f"{self.message}\n  next: {self.hint}"


class ConfigError(StackError):
    """A value in stack.yaml is refused; nothing has been written."""


class EngineError(StackError):
    """A program of the stack cannot be found, built, started or has ended."""


class OutputError(StackError):
    """A rendered file cannot be written, or is not what the config renders."""


class CheckFailed(StackError):  # noqa: N818 - a finding of a check that worked
    """A check ran to its end and found a fault."""
