"""What happened, and the shapes that rooms share: values only, no input or output."""

from longplay.records.estimates import Estimate, TradeOff
from longplay.records.failures import Failure, Tell, part
from longplay.records.items import Constraint, Item, Script
from longplay.records.keys import (
    Cell,
    DialogueKey,
    JudgeKind,
    Occasion,
    Ref,
    RoundRef,
    Shown,
    Subject,
    SubjectKind,
    TextRef,
    Verdict,
    VerdictSet,
)
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
from longplay.records.requests import JUDGE, MODEL, Request, Role, call_key
from longplay.records.rounds import NO_ROUNDS, History, Round, Steps, Turn, View

__all__ = [
    "EMPTY",
    "FINAL",
    "JUDGE",
    "MODEL",
    "NO_ROUNDS",
    "REASONS",
    "TRANSIENT",
    "Cell",
    "Constraint",
    "DialogueKey",
    "DrawnArm",
    "DrawnRow",
    "Estimate",
    "Failure",
    "History",
    "Item",
    "JudgeKind",
    "LabelSample",
    "Labels",
    "Message",
    "Occasion",
    "Prefix",
    "Ref",
    "Reply",
    "Request",
    "Role",
    "Round",
    "RoundRef",
    "Script",
    "Shown",
    "Steps",
    "Stratum",
    "Subject",
    "SubjectKind",
    "Tell",
    "TextRef",
    "TradeOff",
    "Turn",
    "Usage",
    "Verdict",
    "VerdictSet",
    "View",
    "call_key",
    "part",
]
