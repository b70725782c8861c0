"""The run folder: what it records of its study, what may change, what it has of what it owes, what that cost. Sends
nothing."""

from longplay.folder.completeness import Part, Standing, stand
from longplay.folder.outcome import Outcome, ended
from longplay.folder.recording import analysis_hash
from longplay.folder.study_file import FolderError

__all__ = ["FolderError", "Outcome", "Part", "Standing", "analysis_hash", "ended", "stand"]
