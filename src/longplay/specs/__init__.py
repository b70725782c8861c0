"""What is asked for: the study and its parts as frozen values, read from TOML. Knows no other room."""

from longplay.specs.errors import LongplayError, StudyError
from longplay.specs.file_kinds import kind_of
from longplay.specs.fingerprint import fingerprint
from longplay.specs.macros import NOBODY, USER, count_macros, fill_macros, unknown_macros
from longplay.specs.models import Curve, JudgePlant, ModelSpec, Prices, Sampling, SpeakerPlant
from longplay.specs.reading import changes, parse_study, read_study, study_text
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
from longplay.specs.text_files import (
    FileFault,
    check_file,
    decoded,
    file_bytes,
    half_character,
    json_value,
    plain,
    toml_value,
    wide_mark,
)
from longplay.specs.writing import completed_text, toml_text

__all__ = [
    "NOBODY",
    "TRAITS",
    "USER",
    "Analysis",
    "Budget",
    "Conditioning",
    "Curve",
    "Dialogues",
    "FileFault",
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
    "check_file",
    "completed_text",
    "count_macros",
    "decoded",
    "file_bytes",
    "fill_macros",
    "fingerprint",
    "half_character",
    "json_value",
    "kind_of",
    "parse_study",
    "plain",
    "read_study",
    "study_text",
    "toml_text",
    "toml_value",
    "unknown_macros",
    "wide_mark",
]
