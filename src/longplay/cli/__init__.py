"""The command line: arguments, exit codes, printing; one file per command. Knows no HTTP, no SQL, no arrays."""

from longplay.cli.app import COMMANDS, main

__all__ = ["COMMANDS", "main"]
