"""The command line's door: an interrupt while it is still loading ends it with one line. Knows nothing else."""

import sys


def start() -> int:
    """Load the command line and run it; its exit code."""
    try:
        from longplay.cli import main
    except KeyboardInterrupt:
        print("error: interrupted; nothing was lost.", file=sys.stderr)
        return 1
    return main()


if __name__ == "__main__":
    sys.exit(start())
