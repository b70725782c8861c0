"""Which server may be sent which key: study files are foreign text, so unknown ones need approval. Sends nothing."""

import re
from collections.abc import Iterable

import msgspec

from longplay.inference.inspect_facts import filled_in, place
from longplay.inference.keys import key_variable
from longplay.specs import ModelSpec, StudyError
from longplay.specs.addresses import Address, AddressError, is_loopback, read_address

DEFAULT_BASE_URL = "https://api.openai.com/v1"

# Each service with the variable its own documentation names for the key.
WELL_KNOWN = {
    "api.openai.com": ("OPENAI_API_KEY",),
    "openrouter.ai": ("OPENROUTER_API_KEY",),
    "generativelanguage.googleapis.com": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "api.anthropic.com": ("ANTHROPIC_API_KEY",),
    "api.cerebras.ai": ("CEREBRAS_API_KEY",),
    "api.deepseek.com": ("DEEPSEEK_API_KEY",),
    "api.fireworks.ai": ("FIREWORKS_API_KEY",),
    "api.groq.com": ("GROQ_API_KEY",),
    "api.mistral.ai": ("MISTRAL_API_KEY",),
    "api.together.xyz": ("TOGETHER_API_KEY",),
    "api.x.ai": ("XAI_API_KEY",),
    "router.huggingface.co": ("HF_TOKEN",),
}
# Words in the names of credentials that open more than a model: accounts, code, machines.
_OTHERS = re.compile(
    r"(\A|_)(AWS|SECRET|PRIVATE|PASSWORD|SESSION|SSH|GITHUB|GH|GITLAB|BITBUCKET|DOCKER|NPM|PYPI|TWINE|VAULT|SLACK"
    r"|STRIPE|DATABASE)(_|\Z)"
)
_KEY_LIKE = re.compile(r"(\A|_)(KEY|TOKEN)\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
# A provider that finds the host itself, or its host behind it: inspect/bedrock, inspect/mistral/api.mistral.ai:8443
_NO_HOST = re.compile(r"(\[(?P<six>[^\[\]]+/[^\[\]]+)\]|(?P<name>[^:\[\]]+/[^:\[\]]+))(:(?P<port>[0-9]{1,5}))?\Z")
_HTTPS = 443


class HostError(StudyError):
    """A server that nobody vouched for, or an approval that names none; the message says what to write."""


class Pair(msgspec.Struct, frozen=True, order=True):
    """A server and the environment variable whose value it would be sent; "" = no key, the messages alone.

    `plain`: another machine, over plain http. `host` holds a slash where no single host is known (see
    `inspect_facts`).
    """

    host: str
    variable: str = ""
    port: int = _HTTPS
    plain: bool = False

    @property
    def where(self) -> str:
        """`HOST`, `HOST:PORT` or `http://HOST:PORT`; the port is left out where it is that of https."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.plain:
            return f"http://{host}:{self.port}"
        return host if self.port == _HTTPS else f"{host}:{self.port}"

    def __str__(self) -> str:
        """`where` or `where+VARIABLE`: how a pair is written on the command line and in an approval."""
        return f"{self.where}+{self.variable}" if self.variable else self.where

    @property
    def asks(self) -> str:
        """What would be sent where, and what a person should know before saying yes."""
        key = f" and the key in {self.variable}" if self.variable else ""
        return ". ".join((f"The study would send its texts{key} to {self.where}", *_warnings(self)))


def read_pair(text: str) -> Pair:
    """A pair as `str(Pair)` writes it. Raises HostError where it is none."""
    spoken, plus, variable = text.partition("+")
    try:
        if plus and _VARIABLE.match(variable) is None:
            raise AddressError("does not end in the name of an environment variable")
        return _read_where(spoken, variable)
    except AddressError as error:
        raise HostError(
            f"{text!r} {error}. Write HOST, HOST:PORT or http://HOST:PORT, then +VARIABLE where a key is sent."
        ) from None


def _read_where(spoken: str, variable: str) -> Pair:
    nowhere = None if "://" in spoken else _NO_HOST.match(spoken)
    if nowhere is not None:
        return Pair(nowhere["six"] or nowhere["name"], variable, int(nowhere["port"] or _HTTPS))
    address = read_address(spoken if "://" in spoken else f"https://{spoken}")
    if address.path:
        raise AddressError("holds a path")
    return _pair(address, variable)


def _pair(address: Address, variable: str) -> Pair:
    return Pair(address.host, variable, address.port, address.plain)


def address_of(spec: ModelSpec) -> Address:
    """Where a model's requests go. Raises HostError where a study that was not read from a file names no address."""
    url = filled_in(spec).base_url or DEFAULT_BASE_URL
    try:
        return read_address(url)
    except AddressError as error:
        raise HostError(f"{spec.name}: base_url {url!r} {error}.") from None


def own_pair(spec: ModelSpec) -> Pair:
    """The pair of a model at its `base_url`, OpenAI where it names none, with the key in its `api_key_env`."""
    return _pair(address_of(spec), key_variable(spec) or "")


def inspect_pair(spec: ModelSpec) -> Pair:
    """The pair of a model that is asked through inspect-ai."""
    full = filled_in(spec)
    if full.base_url is None:
        return Pair(place(spec, ""), full.api_key_env or "")
    found = _pair(address_of(spec), full.api_key_env or "")
    return msgspec.structs.replace(found, host=place(spec, found.host))


def is_vouched(pair: Pair) -> bool:
    """Whether a pair needs nobody's word: a well-known service with its own key, or this machine without one.

    This machine may be sent texts on any port, but no key: what listens there need not be the person's own.
    """
    if is_loopback(pair.host):
        return not pair.variable
    variables = WELL_KNOWN.get(pair.host)
    served = variables is not None and pair.port == _HTTPS and not pair.plain
    return served and pair.variable in ("", *(variables or ()))


def _warnings(pair: Pair) -> Iterable[str]:
    if pair.plain:
        yield "Plain http: whoever is on the way can read and change what is sent"
    owner = next((host for host, variables in WELL_KNOWN.items() if pair.variable in variables), None)
    if owner is not None and owner != pair.host:
        yield f"{pair.variable} is the key of {owner}"
    elif pair.variable and (_OTHERS.search(pair.variable) or not _KEY_LIKE.search(pair.variable)):
        yield f"{pair.variable} does not look like the key of a model server; it may open much more"
