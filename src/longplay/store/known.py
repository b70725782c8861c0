"""Which call keys a store may hold, in 2 MB however many there are. Knows no replies and no files.

Nearly every call of a run is new. Asking SQLite whether it is there costs more than all else that storing it costs the
event loop: a read transaction, pages read again after every commit, and the interpreter lock given up meanwhile.
"""

from collections.abc import Iterable

from longplay.store.rows import Value

_BYTES = 2**21  # of a million keys 1 in 80 new ones is looked up in vain, of ten million every other
_POSITIONS = 8 * _BYTES - 1


class Known:
    """A Bloom filter of call keys, which are digests: their own bits serve as the hashes."""

    def __init__(self, keys: Iterable[Value]) -> None:
        """Of the keys in a column. Raises ValueError where one is no key."""
        self._bits = bytearray(_BYTES)
        for key in keys:
            if not isinstance(key, bytes):
                raise ValueError(f"no call key: {key!r:.40}")
            self.add(key)

    def add(self, key: bytes) -> None:
        """Take in a key."""
        bits, number = self._bits, int.from_bytes(key, "little")
        one, two = number & _POSITIONS, number >> 64 & _POSITIONS
        bits[one >> 3] |= 1 << (one & 7)
        bits[two >> 3] |= 1 << (two & 7)

    def may_hold(self, key: bytes) -> bool:
        """False only for a key that was never added."""
        bits, number = self._bits, int.from_bytes(key, "little")
        one = number & _POSITIONS
        if not bits[one >> 3] >> (one & 7) & 1:  # nearly every new key
            return False
        two = number >> 64 & _POSITIONS
        return bool(bits[two >> 3] >> (two & 7) & 1)
