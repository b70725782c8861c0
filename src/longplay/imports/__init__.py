"""What others obtained, in a run folder: put there, read back, and where it is from. Knows no file format."""
