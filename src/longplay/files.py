"""Writing files whole or not at all, through no link that somebody prepared. Knows nothing of what is written."""

import errno
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE, SHARED = 0o600, 0o666  # for the user's eyes alone; as the user's umask says


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM)


def advice_on(error: OSError) -> str:
    """What a person can do about a file or folder that could not be written, as a sentence without its full stop."""
    if error.errno in _FULL:
        return "Free disk space"
    if error.errno in _CLOSED:
        return "Make the folder writable for you, or name another"
    if error.errno == errno.EROFS:
        return "Nothing can be written on that disk: name a folder on another"
    return "Name a folder that can be made and written"


@contextmanager
def drafts(*ends: Path, mode: int = PRIVATE) -> Generator[tuple[Path, ...]]:
    """Empty files of nobody else's beside `ends`, to be written in the block; each takes its end's place after it.

    Where the block fails none does, and the drafts are gone. Raises OSError.
    """
    made: list[Path] = []
    try:
        for end in ends:
            draft = end.with_name(f".{secrets.token_hex(8)}.part")
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode))
            made.append(draft)
        yield tuple(made)
        for draft in made:
            with draft.open("rb") as file:
                os.fsync(file.fileno())
        for draft, end in zip(made, ends, strict=True):
            draft.replace(end)
    finally:
        for draft in made:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def write_whole(path: Path, text: str, *, mode: int = PRIVATE) -> None:
    """A text as UTF-8; a reader sees the old file or the whole new one. Raises OSError."""
    with drafts(path, mode=mode) as (draft,):
        draft.write_text(text, "utf-8", newline="\n")
