"""`python -m longplay` is the command line. Knows nothing else."""

import sys

from longplay.cli import main

if __name__ == "__main__":
    sys.exit(main())
