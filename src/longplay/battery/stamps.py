"""What a run keeps of each third-party file it was made from: its hash, and whether anybody could check it."""

import hashlib

from longplay.battery.datasets import manifest, read_dataset


def stamp(path: str) -> str:
    """The hash of a file of the data directory. Raises DataError where it is missing or is not the pinned one."""
    _, file = manifest().holding(path)
    found = f"sha256 {hashlib.sha256(read_dataset(path)).hexdigest()}"
    return found if file.sha256 is not None else f"unverified {found}"
