"""Personas, scripts and questions, bundled or from users' own files. Knows no network, no models."""

from longplay.battery.batteries import BATTERIES, Battery
from longplay.battery.bfi_labels import TraitLabels, bfi_labels, read_labels
from longplay.battery.bundled import core_items, core_personas, core_scripts, version
from longplay.battery.calibrated import CALIBRATED, CalibratedText, calibrated_texts
from longplay.battery.data_record import RECORD_FILE, DataError, Found, Record, read_record, write_record
from longplay.battery.datasets import (
    DIRECTORY_VARIABLE,
    ByHand,
    Copy,
    DataFile,
    Dataset,
    Head,
    Host,
    Labels,
    Manifest,
    Rows,
    advice,
    data_directory,
    located,
    manifest,
    origin,
    read_dataset,
    require,
)
from longplay.battery.files import BatteryError, read_items
from longplay.battery.hub_sets import PREFIX as HUB
from longplay.battery.hub_sets import HubSet, hub_record, hub_set
from longplay.battery.neutral import NEUTRAL_KINDS, NEUTRAL_TEXTS, neutral_speakers, recorded_neutral, speakers_of
from longplay.battery.own_prompts import OWN_PROMPTS, ROLE
from longplay.battery.paper import paper_personas
from longplay.battery.paper_prompts import (
    PaperPrompts,
    Rubric,
    authors_prompts,
    fill_places,
    give_role,
    mark,
)
from longplay.battery.persona_files import Cast, distinct, id_of, persona_of, read_cast, read_personas, slug
from longplay.battery.script_files import read_script
from longplay.battery.stamps import stamp

__all__ = [
    "BATTERIES",
    "CALIBRATED",
    "DIRECTORY_VARIABLE",
    "HUB",
    "NEUTRAL_KINDS",
    "NEUTRAL_TEXTS",
    "OWN_PROMPTS",
    "RECORD_FILE",
    "ROLE",
    "Battery",
    "BatteryError",
    "ByHand",
    "CalibratedText",
    "Cast",
    "Copy",
    "DataError",
    "DataFile",
    "Dataset",
    "Found",
    "Head",
    "Host",
    "HubSet",
    "Labels",
    "Manifest",
    "PaperPrompts",
    "Record",
    "Rows",
    "Rubric",
    "TraitLabels",
    "advice",
    "authors_prompts",
    "bfi_labels",
    "calibrated_texts",
    "core_items",
    "core_personas",
    "core_scripts",
    "data_directory",
    "distinct",
    "fill_places",
    "give_role",
    "hub_record",
    "hub_set",
    "id_of",
    "located",
    "manifest",
    "mark",
    "neutral_speakers",
    "origin",
    "paper_personas",
    "persona_of",
    "read_cast",
    "read_dataset",
    "read_items",
    "read_labels",
    "read_personas",
    "read_record",
    "read_script",
    "recorded_neutral",
    "require",
    "slug",
    "speakers_of",
    "stamp",
    "version",
    "write_record",
]
