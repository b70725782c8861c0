"""Crash-safe memory of a run: one SQLite file in a folder. Knows what is stored, not what the numbers mean."""

from longplay.store.errors import NotBegun, StoreError
from longplay.store.reader import Reader
from longplay.store.rechecking import DOUBTED
from longplay.store.replies import Replies, replies_path
from longplay.store.schema import CALL_KINDS, FINISH_WORDS, REASON_WORDS, STATUS_WORDS
from longplay.store.store import Store
from longplay.store.stored import (
    AnswerVerdictKey,
    Judgement,
    Spent,
    StoredAnswer,
    StoredEstimate,
    StoredRepeat,
    StoredRound,
    StoredText,
    VerdictKey,
)
from longplay.store.tables import NAMED, Counts, Outcome, Table
from longplay.store.tallies import Fault, Replied, Scored, Served, Texts

__all__ = [
    "CALL_KINDS",
    "DOUBTED",
    "FINISH_WORDS",
    "NAMED",
    "REASON_WORDS",
    "STATUS_WORDS",
    "AnswerVerdictKey",
    "Counts",
    "Fault",
    "Judgement",
    "NotBegun",
    "Outcome",
    "Reader",
    "Replied",
    "Replies",
    "Scored",
    "Served",
    "Spent",
    "Store",
    "StoreError",
    "StoredAnswer",
    "StoredEstimate",
    "StoredRepeat",
    "StoredRound",
    "StoredText",
    "Table",
    "Texts",
    "VerdictKey",
    "replies_path",
]
