"""What a command's exit code says. Knows no command."""

DONE, INCOMPLETE, BAD_INPUT = 0, 1, 2
