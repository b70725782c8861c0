"""Other people's files to our shapes and back, one file a format. Knows no models, no store and no estimates."""

from longplay.exchange.formats import FORMATS
from longplay.exchange.release import Release, read_release
from longplay.exchange.release_names import ReleaseError, ReleaseName, parse_name
from longplay.exchange.release_texts import ReleaseTexts
from longplay.exchange.source_files import ImportFault
from longplay.exchange.transcript_files import Chosen, TranscriptFiles

__all__ = [
    "FORMATS",
    "Chosen",
    "ImportFault",
    "Release",
    "ReleaseError",
    "ReleaseName",
    "ReleaseTexts",
    "TranscriptFiles",
    "parse_name",
    "read_release",
]
