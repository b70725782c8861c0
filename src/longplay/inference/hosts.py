"""Which host may be sent which key: study files are foreign text, so unknown pairs need approval. Sends nothing."""

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

import msgspec

from longplay.inference.inspect_facts import filled_in, place
from longplay.inference.keys import key_variable
from longplay.specs import ModelSpec
from longplay.specs.reading import is_loopback

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


class Pair(msgspec.Struct, frozen=True, order=True):
    """A host and the environment variable whose value it would be sent; "" = no key, the messages alone."""

    host: str
    variable: str = ""

    def __str__(self) -> str:
        """`host` or `host+VARIABLE`: how a pair is written on the command line and in an approval."""
        return f"{self.host}+{self.variable}" if self.variable else self.host


def pair_of(spec: ModelSpec) -> Pair:
    """The pair that a model's requests would use."""
    spec = filled_in(spec)
    if spec.provider == "inspect":
        host = urlsplit(spec.base_url or "").hostname or ""
        return Pair(place(spec, host.rstrip(".")), spec.api_key_env or "")
    host = urlsplit(spec.base_url or DEFAULT_BASE_URL).hostname or ""
    return Pair(host.rstrip("."), key_variable(spec) or "")


def check_hosts(specs: Iterable[ModelSpec], approved: Collection[str]) -> list[Pair]:
    """Pairs that nobody has vouched for, sorted, each once: not well-known, not this machine, not in `approved`.

    `approved` holds pairs as `str(Pair)` writes them; approving a host does not approve every key for it.
    """
    pairs = {pair_of(spec) for spec in specs if not spec.simulated and not spec.imported}
    return sorted(pair for pair in pairs if not _known(pair) and str(pair) not in approved)


def _known(pair: Pair) -> bool:
    variables = WELL_KNOWN.get(pair.host)
    return is_loopback(pair.host) or (variables is not None and pair.variable in ("", *variables))
