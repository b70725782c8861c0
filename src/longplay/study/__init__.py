"""A study and its runs from Python: what `longplay` exposes and the command line prints. Knows no arguments."""
