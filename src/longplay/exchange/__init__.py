"""Other people's files to our shapes and back, one file a format. Knows no models, no store and no estimates."""

from longplay.exchange.release import Release, read_release
from longplay.exchange.release_names import ReleaseError, ReleaseName, parse_name

__all__ = ["Release", "ReleaseError", "ReleaseName", "parse_name", "read_release"]
