"""What is asked for: the study and its parts as frozen values, read from TOML. Knows no other room."""

from longplay.specs.changes import changes
from longplay.specs.conversion import choices_at, explained, in_words, keys_at
from longplay.specs.errors import LongplayError, StudyError
from longplay.specs.file_kinds import kind_of, text_kind
from longplay.specs.fingerprint import fingerprint
from longplay.specs.macros import NOBODY, USER, count_macros, fill_macros, unknown_macros
from longplay.specs.models import Curve, JudgePlant, ModelSpec, Prices, Sampling, SpeakerPlant
from longplay.specs.own_parts import ProbeSpec, Shot, wrong_shots
from longplay.specs.own_rubrics import LevelSpec, RubricScore, RubricSpec
from longplay.specs.own_scorers import ScorerSpec
from longplay.specs.reading import parse_study, read_study, stored_study, study_text
from longplay.specs.study import (
    CARRIED,
    ROLE_KINDS,
    TRAITS,
    Analysis,
    Budget,
    Caps,
    CapsByRole,
    Conditioning,
    Dialogues,
    Form,
    Labels,
    LoreEntry,
    Persona,
    PersonaKind,
    RoleKind,
    Study,
    WrittenPersona,
)
from longplay.specs.text_files import (
    FileFault,
    check_file,
    decoded,
    file_bytes,
    half_character,
    json_value,
    plain,
    printable,
    toml_value,
    wide_mark,
)
from longplay.specs.writing import completed_text, toml_text

__all__ = [
    "CARRIED",
    "NOBODY",
    "ROLE_KINDS",
    "TRAITS",
    "USER",
    "Analysis",
    "Budget",
    "Caps",
    "CapsByRole",
    "Conditioning",
    "Curve",
    "Dialogues",
    "FileFault",
    "Form",
    "JudgePlant",
    "Labels",
    "LevelSpec",
    "LongplayError",
    "LoreEntry",
    "ModelSpec",
    "Persona",
    "PersonaKind",
    "Prices",
    "ProbeSpec",
    "RoleKind",
    "RubricScore",
    "RubricSpec",
    "Sampling",
    "ScorerSpec",
    "Shot",
    "SpeakerPlant",
    "Study",
    "StudyError",
    "WrittenPersona",
    "changes",
    "check_file",
    "choices_at",
    "completed_text",
    "count_macros",
    "decoded",
    "explained",
    "file_bytes",
    "fill_macros",
    "fingerprint",
    "half_character",
    "in_words",
    "json_value",
    "keys_at",
    "kind_of",
    "parse_study",
    "plain",
    "printable",
    "read_study",
    "stored_study",
    "study_text",
    "text_kind",
    "toml_text",
    "toml_value",
    "unknown_macros",
    "wide_mark",
    "wrong_shots",
]
