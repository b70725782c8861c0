"""A study of the paper's shape on simulated servers: its sizes, its replies' lengths, and orders to go through it in.

8 personas and the baseline, 2 scripts, 2 orders of which the first is probed, 102 rounds, 10 checkpoints, 5 probes.
Texts mean nothing; only their lengths count. Measures nothing itself.
"""

import zlib
from collections.abc import Iterator, Mapping

import msgspec

from longplay.battery import core_personas, core_scripts
from longplay.experiment import Experiment, expected
from longplay.inference.sim.chance import write_marker
from longplay.inference.sim.clock import run_virtually
from longplay.inference.sim.engine import Engine, Machine
from longplay.inference.sim.judge import Judge
from longplay.inference.sim.radix import CHARS_PER_TOKEN
from longplay.inference.sim.served import Served, ServedEndpoint
from longplay.pipeline import Control, Progress, Spending
from longplay.pipeline.run import run
from longplay.probes import PROBES, Probe
from longplay.records import Item, Prefix, Reply, Request, Role
from longplay.specs import Conditioning, Dialogues, LongplayError, ModelSpec, Study
from longplay.specs.study import Judging
from memory_store import MemoryStore

# Per probe: items (a persona's own: one number each), tokens of a question, metrics that cost calls of the judge.
SIZES: Mapping[str, tuple[tuple[int, ...], int, tuple[str, ...]]] = {
    "shape-ifbench": ((294,), 93, ()),
    "shape-bfi": ((44,), 25, ("trait",)),
    "shape-xstest": ((450,), 11, ("refusal",)),
    "shape-general": ((310,), 30, ("general-win",)),
    "shape-role": ((272, 153, 129, 192, 156, 197, 262, 178), 20, ("role-win",)),
}
ROUND_CHARS = (1200, 3300)  # 560 tokens a reply, so that a dialogue ends at about 60,000
ANSWER_CHARS = (400, 1600)
TAIL_TOKENS = 93 + ANSWER_CHARS[1] // CHARS_PER_TOKEN  # the longest question and answer
STATE = {"knowledge": "4", "style": "4", "in-character": "4", "refusal": "none", "trait": "3", "quality": "tie"}


class Shape(msgspec.Struct, frozen=True):
    """How large a study is. `scale`: share of the paper's items; `judged`: rounds and answers are judged as well."""

    scale: float = 0.05
    rounds: int = 102
    checkpoints: int = 10
    personas: int = 8
    slots: int = 64
    judged: bool = False

    def experiment(self, model: ModelSpec | None = None, cache_tokens: int | None = None) -> Experiment:
        """The study, looked up, for a simulated model with so large a cache or for another. Makes its probes known."""
        personas = dict(list(core_personas().items())[: self.personas])
        for name, (_, _, metrics) in SIZES.items():
            PROBES[name] = Probe(name, name, metrics if self.judged else (), lambda: ())
        study = Study(
            models=(model or ModelSpec("sim/speaker", concurrency=self.slots, cache_tokens=cache_tokens),),
            judge=ModelSpec("sim/judge", concurrency=self.slots),
            dialogues=Dialogues(baseline_draws=1, rounds=self.rounds, orders=(0, 1)),
            conditioning=Conditioning(checkpoints=self.checkpoints, orders=(0,), draws_at_0=1, noise_share=0.0),
            judging=Judging() if self.judged else Judging(rounds=()),
        )
        probes = {name: tuple(self._items(name, list(personas))) for name in SIZES}
        return Experiment(study, personas, dict(core_scripts()), probes, {})

    def _items(self, probe: str, personas: list[str]) -> Iterator[Item]:
        counts, tokens, _ = SIZES[probe]
        owners = [None] if len(counts) == 1 else personas
        for count, owner in zip(counts, owners, strict=False):
            for number in range(max(1, round(count * self.scale))):
                name = f"{owner or 'all'}-{number}"
                text = f"{probe} {name} ".ljust(CHARS_PER_TOKEN * tokens, "?")
                yield Item(name, text, persona=owner, reference="So.", label="safe", dimension="openness", key="+")


def limited(experiment: Experiment, probes: tuple[str, ...], checkpoints: tuple[int, ...] | None = None) -> Experiment:
    """The same dialogues with some of the probes at some of the checkpoints."""
    conditioning = experiment.study.conditioning
    if checkpoints is not None:
        conditioning = msgspec.structs.replace(conditioning, checkpoints=checkpoints)
    return Experiment(
        msgspec.structs.replace(experiment.study, conditioning=conditioning),
        experiment.personas,
        experiment.scripts,
        {name: experiment.probes[name] for name in probes},
        {},
    )


def by_dataset(experiment: Experiment) -> Iterator[Experiment]:
    """The paper's order as a row of runs: all dialogues first, then one data set after the other, by checkpoint."""
    yield limited(experiment, ())
    for probe in experiment.probes:
        for checkpoint in experiment.study.checkpoints:
            yield limited(experiment, (probe,), (checkpoint,))


_STOCKS: dict[tuple[int, int], list[str]] = {}


def words(prompt: Prefix) -> str:
    """A reply of a length like the paper's, out of a small stock; the same for the same messages."""
    message, before = prompt.message, prompt.parent
    if message is None or before is None:
        return ""
    lengths = ANSWER_CHARS if message.content.startswith("shape-") else ROUND_CHARS
    stock = _STOCKS.get(lengths) or _STOCKS.setdefault(lengths, _stock(*lengths))
    return stock[zlib.crc32(prompt.digest) % len(stock)]


def _stock(shortest: int, longest: int, size: int = 251) -> list[str]:
    marker, step = f"(simulated) {write_marker(STATE)}", (longest - shortest) / (size - 1)
    lengths = (round(shortest + i * step) for i in range(size))
    return ["so it was, and so it is ".ljust(length - len(marker), ".") + marker for length in lengths]


def _answer(request: Request) -> Reply:
    return Reply("ok", words(request.prefix.extend(*request.tail)), finish="stop")


class World:
    """A simulated server for the model, one for the judge, and a store that lasts over several runs."""

    def __init__(self, machine: Machine) -> None:
        self.store = MemoryStore()
        self.engine = Engine(machine)
        self.judge = Engine(msgspec.structs.replace(machine, cache_tokens=None, prefill_tokens_s=60_000.0))
        self._model_served, self._judge_served = Served(self.engine), Served(self.judge)

    async def run(self, experiment: Experiment) -> None:
        """Run a study, or what is left of it, to its end. Raises LongplayError where it stops early."""
        control = Control(Progress(expected(experiment), Spending(experiment.study.budget)))
        servers: dict[Role, list[ServedEndpoint]] = {}
        for role, spec in experiment.roles.items():
            judges = role.kind == "judge"
            served, answer = (self._judge_served, Judge(spec).answer) if judges else (self._model_served, _answer)
            servers[role] = [ServedEndpoint(spec, served, answer)]
        outcome = await run(experiment, self.store, servers, control)
        if outcome.status != "complete":
            raise LongplayError(f"the study stopped: {outcome.why}")


def longest_tokens(shape: Shape) -> int:
    """Tokens of the longest dialogue."""
    world = World(Machine(slots=shape.slots))
    run_virtually(world.run(limited(shape.experiment(), ())))
    return world.engine.counts.longest


def clock(seconds: float) -> str:
    """Virtual seconds as h:mm:ss."""
    return f"{seconds // 3600:.0f}:{seconds // 60 % 60:02.0f}:{seconds % 60:02.0f}"
