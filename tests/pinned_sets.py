"""Sets that a test pins to its own file server, and fetching from there; knows no test."""

import hashlib
from pathlib import Path

from file_server import FileServer
from longplay.battery import DataFile, Dataset, Host, Manifest, read_record
from longplay.data import Fetched, Fetching, Times, examine

CONTENT = bytes(range(256)) * 1000
COMMIT = "c0ffee"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pinned(content: bytes = CONTENT, path: str = "set/a file.bin") -> DataFile:
    return DataFile(path, ("a file.bin",), sha(content), len(content))


def a_set(*files: DataFile, terms: str | None = None) -> Dataset:
    return Dataset("set", "A set", "v1", "MIT", "local", "owner/name", COMMIT, files, terms)


def published(server: FileServer, content: bytes, name: str = "a%20file.bin") -> None:
    server.files[f"/owner/name/{COMMIT}/{name}"] = content


def fetching(server: FileServer, folder: Path, redirects: tuple[str, ...] = ()) -> Fetching:
    host = Host("127.0.0.1", f"http://{server.place}/{{repository}}/{{commit}}/{{path}}", redirects)
    return Fetching(Manifest({"local": host}, ()), folder, Times(connect_s=5, silence_s=5))


def fetch(server: FileServer, folder: Path, file: DataFile) -> Fetched:
    return fetching(server, folder).fetch(a_set(file), file)


def state(folder: Path, file: DataFile) -> str:
    return examine(a_set(file), folder, read_record(folder)).files[0].state
