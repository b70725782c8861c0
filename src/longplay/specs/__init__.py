"""What is asked for: the study and its parts as frozen values, read from TOML. Knows no other room."""

from longplay.specs.errors import LongplayError, StudyError
from longplay.specs.fingerprint import fingerprint
from longplay.specs.models import Curve, JudgePlant, ModelSpec, Prices, Sampling, SpeakerPlant
from longplay.specs.reading import changes, parse_study, read_study
from longplay.specs.study import (
    TRAITS,
    Analysis,
    Budget,
    Conditioning,
    Dialogues,
    Form,
    Labels,
    Persona,
    ProbeSpec,
    Study,
)
from longplay.specs.writing import completed_text, toml_text

__all__ = [
    "TRAITS",
    "Analysis",
    "Budget",
    "Conditioning",
    "Curve",
    "Dialogues",
    "Form",
    "JudgePlant",
    "Labels",
    "LongplayError",
    "ModelSpec",
    "Persona",
    "Prices",
    "ProbeSpec",
    "Sampling",
    "SpeakerPlant",
    "Study",
    "StudyError",
    "changes",
    "completed_text",
    "fingerprint",
    "parse_study",
    "read_study",
    "toml_text",
]
