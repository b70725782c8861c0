"""What happened, and the shapes that rooms share: values only, no input or output."""

from longplay.records.estimates import Estimate, Measured, TradeOff
from longplay.records.failures import Failure, Tell, part
from longplay.records.items import Constraint, Item, Script
from longplay.records.keys import Cell, DialogueKey, Occasion, RoundRef, Shown, Subject, Verdict
from longplay.records.labels import DrawnArm, DrawnRow, Labels, LabelSample, Stratum
from longplay.records.messages import (
    EMPTY,
    FINAL,
    REASONS,
    TRANSIENT,
    Message,
    Prefix,
    Reply,
    Usage,
)
from longplay.records.places import PLAIN, Contrast, Place, Setting, Speaker
from longplay.records.quantities import WHOLE, Part, Quantity
from longplay.records.requests import JUDGE, MODEL, Request, Role, call_key
from longplay.records.rounds import NO_ROUNDS, History, Round, Steps, Turn, View

__all__ = [
    "EMPTY",
    "FINAL",
    "JUDGE",
    "MODEL",
    "NO_ROUNDS",
    "PLAIN",
    "REASONS",
    "TRANSIENT",
    "WHOLE",
    "Cell",
    "Constraint",
    "Contrast",
    "DialogueKey",
    "DrawnArm",
    "DrawnRow",
    "Estimate",
    "Failure",
    "History",
    "Item",
    "LabelSample",
    "Labels",
    "Measured",
    "Message",
    "Occasion",
    "Part",
    "Place",
    "Prefix",
    "Quantity",
    "Reply",
    "Request",
    "Role",
    "Round",
    "RoundRef",
    "Script",
    "Setting",
    "Shown",
    "Speaker",
    "Steps",
    "Stratum",
    "Subject",
    "Tell",
    "TradeOff",
    "Turn",
    "Usage",
    "Verdict",
    "View",
    "call_key",
    "part",
]
