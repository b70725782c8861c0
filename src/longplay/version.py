"""The version of longplay, which is also the package's. Knows nothing else."""

__version__ = "0.3.0"
