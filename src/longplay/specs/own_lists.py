"""Lists of what a person lets be done, a line each, in the user's own folder of settings."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from longplay.files import write_whole
from longplay.specs.errors import LongplayError

_MAX_BYTES = 1_000_000


def config_folder() -> Path:
    """$XDG_CONFIG_HOME/longplay, else ~/.config/longplay."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(home) if home.startswith("/") else Path("~/.config").expanduser()) / "longplay"


def read_list(path: Path, fault: type[LongplayError]) -> list[str]:
    """The file's lines, stripped; none where it is not there. Raises `fault` where it cannot be trusted or read."""
    try:
        if path.is_dir():
            raise fault(f"{path}: is a folder. Remove it; longplay makes the file.")
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise fault(
            f"{path}: cannot be read ({error.strerror}). Make it a plain file of yours, or delete it."
        ) from None
    with os.fdopen(handle, "rb") as file:
        stat = os.fstat(file.fileno())
        if not S_ISREG(stat.st_mode) or stat.st_uid != os.geteuid() or stat.st_mode & 0o022:
            raise fault(f"{path}: others could have written it. Look at its lines, then chmod 600 it, or delete it.")
        return [line.strip() for line in file.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()]


def keep_list(path: Path, head: str, lines: Iterable[str]) -> None:
    """Write it, whole or not at all. Where that cannot be, the call goes on and the next one asks again."""
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, head + "".join(f"{line}\n" for line in sorted(lines)))
