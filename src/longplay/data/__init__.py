"""Third-party data sets: which are here and right, and fetching the others, checked. Knows no models, no study."""

from longplay.data.accepting import accept
from longplay.data.fetching import Fetched, Fetching
from longplay.data.hub import fetch_split
from longplay.data.states import FileState, SetState, examine
from longplay.data.transfer import Times

__all__ = ["Fetched", "Fetching", "FileState", "SetState", "Times", "accept", "examine", "fetch_split"]
