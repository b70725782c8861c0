"""The command line in a process of its own, with pauses on the fast clock of the cases: something to
stop at any moment.

python bench/case_child.py ARGUMENTS: as `longplay ARGUMENTS`.
"""

import sys

from case_run import hasty
from longplay.cli import main

if __name__ == "__main__":
    with hasty():
        sys.exit(main(sys.argv[1:]))
