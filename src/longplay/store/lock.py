"""One writer per run folder, across processes. Knows no database."""

import contextlib
import fcntl
import os
from pathlib import Path

from longplay.files import advice_on
from longplay.store.errors import LOCAL, StoreError

NAME = "lock"


class Lock:
    """A lock on a run folder, held until `release` or the end of this process, however it ends."""

    def __init__(self, run: Path) -> None:
        """Take the lock. Raises StoreError, naming the process that holds it, where it is taken."""
        path = run / NAME
        try:
            # No following of links: a prepared folder must not make us write elsewhere.
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be opened ({error.strerror}). {advice_on(error)}, or choose another run folder."
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(self._file)
            os.close(self._file)
            if not isinstance(error, BlockingIOError):
                raise StoreError(f"{path}: cannot be locked ({error.strerror}). {LOCAL}.") from None
            raise StoreError(f"{run}: in use by {holder}. Let it finish or end it, then try again.") from None
        with contextlib.suppress(OSError):  # the number is for people; a full disk must not keep a run from opening
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two processes lock two files of one name."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
        os.close(self._file)


def _holder(file: int) -> str:
    pid = os.pread(file, 20, 0).strip()
    return f"process {pid.decode()}" if pid.isdigit() else "another process"
