"""What a study of the paper's shape does to a server's cache, and when it ends: the whole run on virtual time."""

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

import msgspec

from longplay.experiment import Experiment, expected
from longplay.inference.sim.clock import run_virtually
from longplay.inference.sim.engine import Machine
from longplay.inference.sim.served import Served, ServedEndpoint
from longplay.pipeline import Control, Progress, Spending
from longplay.pipeline.run import run
from longplay.records import Cell, DialogueKey, Reply, Request, Role
from longplay.specs import ModelSpec

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

from memory_store import MemoryStore
from paper_shape import TAIL_TOKENS, Shape, World, longest_tokens, words

SHAPE = Shape(scale=0.02, rounds=16, checkpoints=3, personas=2, slots=16)


class Watched(ServedEndpoint):
    """An endpoint on a simulated server, and the requests that were under way when each was sent."""

    def __init__(self, spec: ModelSpec, served: Served) -> None:
        super().__init__(spec, served, lambda request: Reply("ok", words(request.prefix.extend(*request.tail))))
        self.sent: list[tuple[Request, int]] = []
        self._under_way = Counter[tuple[DialogueKey, int]]()

    async def reply(self, request: Request) -> Reply:
        assert request.cell is not None
        ref = request.cell.ref
        place = (ref.dialogue, ref.checkpoint if isinstance(ref, Cell) else -1)
        self.sent.append((request, self._under_way[place]))
        self._under_way[place] += 1
        try:
            return await super().reply(request)
        finally:
            self._under_way[place] -= 1

    def begun(self) -> list[DialogueKey]:
        """The dialogues in the order of their first calls."""
        return list(dict.fromkeys(request.cell.ref.dialogue for request, _ in self.sent if request.cell is not None))


def play(experiment: Experiment, world: World, count: int = 1) -> list[Watched]:
    """Run a study to its end on so many servers."""
    control = Control(Progress(expected(experiment), Spending(experiment.study.budget)))
    (spec,) = experiment.models.values()
    machine = world.engine.machine
    engines = [world.engine, *(World(machine).engine for _ in range(count - 1))]
    servers = [Watched(spec, Served(engine)) for engine in engines]
    judge = World(machine)
    judges = [Watched(experiment.judge, Served(judge.engine))]
    roles = {Role("model", spec.title): servers, Role("judge", experiment.judge.title): judges}
    outcome = run_virtually(run(experiment, MemoryStore(), roles, control))
    assert outcome.status == "complete"
    return servers


def cache_of(dialogues: int) -> int:
    return dialogues * longest_tokens(SHAPE) + SHAPE.slots * TAIL_TOKENS


def test_a_cache_said_to_hold_two_dialogues_is_not_filled_past_its_size() -> None:
    world = World(Machine(SHAPE.slots, cache_of(2)))
    play(SHAPE.experiment(cache_tokens=cache_of(2)), world)
    assert world.engine.counts.computed <= 1.15 * world.engine.counts.least


def test_a_cache_that_holds_every_dialogue_computes_nothing_twice_whether_its_size_is_said_or_not() -> None:
    for said in (cache_of(20), None):
        world = World(Machine(SHAPE.slots, cache_of(20)))
        play(SHAPE.experiment(cache_tokens=said), world)
        assert world.engine.counts.computed <= 1.01 * world.engine.counts.least


def first_under_way(endpoint: Watched, checkpoint: int) -> dict[DialogueKey, list[int]]:
    """How many questions after the same prefix were under way when each of the first ten was sent."""
    found: dict[DialogueKey, list[int]] = {}
    for request, under_way in endpoint.sent:
        assert request.cell is not None
        ref = request.cell.ref
        if isinstance(ref, Cell) and ref.checkpoint == checkpoint:
            found.setdefault(ref.dialogue, []).append(under_way)
    return {key: places[:10] for key, places in found.items()}


def test_a_prefix_that_the_last_round_left_in_the_cache_is_not_warmed_again_and_a_cold_one_is() -> None:
    experiment = SHAPE.experiment()
    (endpoint,) = play(experiment, World(Machine(SHAPE.slots, cache_of(20))))
    first, *_, last = experiment.study.checkpoints
    cold = first_under_way(endpoint, first)[endpoint.begun()[0]]
    assert cold[:3] == [0, 0, 1], "the second waits for the reply to the first"
    hot = first_under_way(endpoint, last).values()
    assert max(max(places) for places in hot) > 1
    assert any(places[:3] == [0, 1, 2] for places in hot)


def test_a_study_with_much_to_ask_begins_few_dialogues_at_a_time_and_one_with_little_begins_all() -> None:
    def alive_after(scale: float, calls: int) -> int:
        experiment = msgspec.structs.replace(SHAPE, scale=scale).experiment()
        (endpoint,) = play(experiment, World(Machine(SHAPE.slots, None)))
        keys = [request.cell.ref.dialogue for request, _ in endpoint.sent if request.cell is not None]
        return len(set(keys[:calls]))

    dialogues = sum(1 for _ in SHAPE.experiment().dialogues())
    assert alive_after(0.001, 150) == dialogues
    assert alive_after(0.2, 150) < dialogues


def test_the_servers_of_one_model_share_the_dialogues_that_must_be_begun() -> None:
    experiment = msgspec.structs.replace(SHAPE, scale=0.001).experiment()
    servers = play(experiment, World(Machine(SHAPE.slots, None)), count=3)
    begun = [len(server.begun()) for server in servers]
    assert min(begun) >= 2
    assert sum(begun) >= sum(1 for _ in experiment.dialogues())


def test_with_a_single_slot_a_dialogue_is_asked_before_it_goes_on_and_ended_before_the_next() -> None:
    experiment = msgspec.structs.replace(SHAPE, slots=1, personas=1, scale=0.06).experiment()
    (endpoint,) = play(experiment, World(Machine(1, None)))
    refs = [request.cell.ref for request, _ in endpoint.sent if request.cell is not None]
    dialogues = [ref.dialogue for ref in refs]
    assert len(list(groupby(dialogues))) == len(set(dialogues))
    first = [ref for ref in refs if ref.dialogue == dialogues[0]]
    played = [ref.checkpoint if isinstance(ref, Cell) else ref.round for ref in first]
    assert played == sorted(played)
