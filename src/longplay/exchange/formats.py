"""Which transcript formats there are. A new one is one file and one line here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from longplay.exchange.chats import read_chats
from longplay.exchange.conversations import Conversation
from longplay.exchange.crd3 import read_crd3
from longplay.exchange.mt_eval import read_mt_eval
from longplay.exchange.source_files import Skipped

# A file, and the speaker who is the persona where a format has many; what it holds, one at a time.
Format: TypeAlias = Callable[[Path, str | None], Iterator[Conversation | Skipped]]

FORMATS: dict[str, Format] = {
    "openai-chat": read_chats,
    "sharegpt": read_chats,
    "mt-eval": read_mt_eval,
    "crd3": read_crd3,
}
