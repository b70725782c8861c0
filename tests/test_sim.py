"""What simulated models promise: equal requests meet equal replies, and what is planted can be found again."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import pytest

from driving import drive
from longplay.inference.sim import open_simulated
from longplay.inference.sim.chance import pick, read_marker, units, write_marker
from longplay.inference.sim.judge import Judge
from longplay.inference.sim.plant import (
    Situation,
    confusion,
    expected_following,
    expected_level,
    expected_quality,
    expected_refusal,
    level,
    outcomes,
)
from longplay.inference.sim.speaker import Speaker
from longplay.judging import METRICS
from longplay.records import (
    EMPTY,
    Cell,
    Constraint,
    DialogueKey,
    Item,
    Message,
    Occasion,
    Prefix,
    Reply,
    Request,
    RoundRef,
    Subject,
    Verdict,
    call_key,
)
from longplay.specs import Curve, JudgePlant, ModelSpec, Persona, Sampling, SpeakerPlant, parse_study
from longplay.verifiers import looks_like_refusal

SIGMAS = 4.5
"""A sample mean may lie this many standard errors from what was planted."""

EXACT = JudgePlant(accuracy=1.0, position_bias=0.0)
PERSONA = Persona("silver", "Long John Silver", "A sea-cook with one leg, a parrot and a plan.")
EARLIER = "An earlier answer."
FIDELITY = Item("fidelity-1", "How was your day?")
FOLLOW = Item(
    "follow-1", "Write.", constraints=(Constraint("words-at-most", {"n": 2}),), passing="Yes.", failing="N o t."
)


def speaker(plant: SpeakerPlant | None = None, seed: int = 0, name: str = "sim/speaker") -> Speaker:
    return Speaker(ModelSpec(name, sampling=Sampling(seed=seed), speaker=plant))


def judge(plant: JudgePlant | None = None, seed: int = 0) -> Judge:
    return Judge(ModelSpec("sim/judge", sampling=Sampling(seed=seed), judge=plant))


@dataclass(frozen=True)
class Asking:
    """One item asked of a simulated speaker."""

    item: Item = FIDELITY
    persona: str | None = "silver"
    checkpoint: int = 0
    script: str = "goal-oriented"
    draw: int = 0
    prefix: Prefix = EMPTY

    @property
    def cell(self) -> Cell:
        dialogue = DialogueKey("sim/speaker", self.persona, self.script)
        return Cell(dialogue, self.checkpoint, self.persona, "plain", "probe", self.item.id, self.draw)

    def request(self) -> Request:
        occasion = Occasion(self.cell, self.item)
        text = f"{self.item.text} {self.checkpoint} {self.persona}" if self.checkpoint else self.item.text
        return Request(self.prefix, (Message("user", text),), Sampling(), self.draw, cell=occasion)

    def of(self, model: Speaker) -> str:
        return model.answer(self.request()).text or ""


def state(text: str) -> dict[str, str]:
    return read_marker(text)


def verdict(metric: str, by: Judge, asking: Asking, answer: str) -> Verdict:
    subject = Subject(asking.cell, asking.item.text, answer, PERSONA, asking.item, reference=EARLIER)
    return drive(METRICS[metric].judge(subject, by.spec), by.answer)[0]


def assert_mean(values: Sequence[float], wanted: float) -> None:
    """The sample mean lies within SIGMAS standard errors (and a rounding) of what is wanted."""
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    assert abs(mean - wanted) < SIGMAS * math.sqrt(variance / len(values)) + 1e-9, (mean, wanted)


def test_equal_requests_meet_equal_replies_whatever_dialogue_asked_them() -> None:
    model = speaker()
    request = Asking().request()
    other = Occasion(
        msgspec.structs.replace(Asking().cell, dialogue=DialogueKey("x", "silver", "persona-directed")), FIDELITY
    )
    assert model.answer(request) == speaker().answer(request)
    assert model.answer(request) == model.answer(msgspec.structs.replace(request, cell=other))


def test_another_draw_seed_or_model_gives_another_reply() -> None:
    texts = {
        Asking().of(speaker()),
        Asking(draw=1).of(speaker()),
        Asking().of(speaker(seed=1)),
        Asking().of(speaker(name="sim/other")),
    }
    assert len(texts) == 4


@pytest.mark.parametrize("item", [FIDELITY, Item("r", "Hm?", label="unsafe"), Item("g", "?", reference="!"), FOLLOW])
def test_before_the_dialogue_no_script_has_had_an_effect(item: Item) -> None:
    model = speaker()
    for draw in range(50):
        directed = Asking(item, script="persona-directed", draw=draw)
        assert directed.of(model) == Asking(item, draw=draw).of(model)


def test_a_round_counts_the_rounds_before_it() -> None:
    plant = SpeakerPlant(fidelity=Curve(5, 1, "step", 3), persona_sd=0)
    model = speaker(plant)
    dialogue = DialogueKey("sim/speaker", "silver", "goal-oriented")
    for number, wanted in ((1, "5"), (4, "5"), (5, "1")):
        occasion = Occasion(RoundRef(dialogue, number))
        reply = model.answer(Request(EMPTY, (Message("user", "Hello"),), Sampling(), cell=occasion))
        assert state(reply.text or "")["style"] == wanted


def test_an_unknown_occasion_is_answered_as_the_baseline() -> None:
    model = speaker(SpeakerPlant(baseline_fidelity=1.0))
    reply = model.answer(Request(EMPTY, (Message("user", "Hello"),), Sampling()))
    assert state(reply.text or "")["knowledge"] == "1"


@pytest.mark.parametrize("shape", ["linear", "step", "plateau"])
@pytest.mark.parametrize("script", ["goal-oriented", "persona-directed"])
def test_planted_fidelity_is_found_again(shape: Literal["linear", "step", "plateau"], script: str) -> None:
    plant = SpeakerPlant(fidelity=Curve(4.6, 2.3, shape, 20), persona_sd=0)
    model, exact = speaker(plant), judge(EXACT)
    for rounds in (0, 8, 32, 102):
        wanted = expected_level(plant, EXACT, Situation(rounds, script == "persona-directed"))
        share = 0.4 if script == "persona-directed" else 1.0
        assert wanted == pytest.approx(4.6 + share * (plant.fidelity.mean(rounds) - 4.6))
        for metric in ("knowledge", "style", "in-character"):
            askings = [Asking(checkpoint=rounds, script=script, draw=draw) for draw in range(400)]
            scores = [verdict(metric, exact, asking, asking.of(model)).score for asking in askings]
            assert_mean([score for score in scores if score is not None], wanted)
            assert None not in scores


def test_the_population_mean_is_seen_through_confusion_and_clamping() -> None:
    plant = SpeakerPlant(fidelity=Curve(4.8, 2.5, "linear", 100), persona_sd=0.6)
    noisy = JudgePlant(accuracy=0.7)
    model, by = speaker(plant), judge(noisy)
    for rounds in (0, 50, 100):
        askings = [Asking(persona=f"p{n}", checkpoint=rounds, item=Item(f"i{n}", f"How? {n}")) for n in range(4000)]
        scores = [verdict("style", by, asking, asking.of(model)).score for asking in askings]
        assert_mean([score for score in scores if score is not None], expected_level(plant, noisy, Situation(rounds)))


def test_the_expected_level_is_the_integral_over_persona_effects() -> None:
    plant = SpeakerPlant(fidelity=Curve(4.7, 1.4, "linear", 10), persona_sd=0.5)
    by = JudgePlant(accuracy=0.8)
    for rounds in range(11):
        steps = [(i + 0.5) / 2000 for i in range(2000)]
        total = weight = 0.0
        for unit in steps:
            z = 12 * unit - 6
            latent = min(max(plant.fidelity.mean(rounds) + 0.5 * z, 1.0), 5.0)
            below = min(int(latent), 4)
            seen = [sum(p * (n + 1) for n, p in enumerate(confusion(true, 5, 0.8))) for true in (below - 1, below)]
            density = math.exp(-z * z / 2)
            total += density * (seen[0] + (latent - below) * (seen[1] - seen[0]))
            weight += density
        assert expected_level(plant, by, Situation(rounds)) == pytest.approx(total / weight, abs=1e-4)


def test_persona_effects_have_the_planted_spread_and_hold_for_a_persona() -> None:
    model = speaker(SpeakerPlant(persona_sd=0.3))
    effects = [model.effect(f"p{n}") for n in range(3000)]
    assert_mean(effects, 0.0)
    assert_mean([effect**2 for effect in effects], 0.09)
    assert model.effect("p1") == speaker(SpeakerPlant(persona_sd=0.3)).effect("p1")
    assert model.effect("p1") != speaker(SpeakerPlant(persona_sd=0.3), seed=1).effect("p1")


def test_the_baseline_stands_still() -> None:
    plant = SpeakerPlant(baseline_fidelity=1.5)
    model = speaker(plant)
    for rounds in (0, 100):
        askings = [Asking(persona=None, checkpoint=rounds, draw=draw) for draw in range(800)]
        assert_mean([float(state(asking.of(model))["style"]) for asking in askings], 1.5)


@pytest.mark.parametrize("rounds", [0, 60])
def test_planted_following_is_found_again_by_the_verifiers(rounds: int) -> None:
    plant = SpeakerPlant(following=Curve(0.4, 0.8, "linear", 60), empty_rate=0.1)
    model, by = speaker(plant), judge()
    askings = [Asking(FOLLOW, checkpoint=rounds, draw=draw) for draw in range(1500)]
    answers = [asking.of(model) for asking in askings]
    assert set(answers) == {"Yes.", "N o t.", ""}
    scores = [verdict("follow-loose", by, asking, text).score for asking, text in zip(askings, answers, strict=True)]
    assert_mean([score for score in scores if score is not None], expected_following(plant, Situation(rounds)))


@pytest.mark.parametrize("label", ["safe", "unsafe"])
@pytest.mark.parametrize("persona", ["silver", None])
def test_planted_refusals_are_found_again(label: Literal["safe", "unsafe"], persona: str | None) -> None:
    plant, noisy = SpeakerPlant(), JudgePlant(accuracy=0.8)
    model, by = speaker(plant), judge(noisy)
    askings = [Asking(Item("r", f"Hm {draw}?", label=label), persona, 40, draw=draw) for draw in range(1500)]
    scores = [verdict("refusal", by, asking, asking.of(model)).score for asking in askings]
    wanted = expected_refusal(plant, noisy, Situation(40, baseline=persona is None), label)
    assert_mean([score for score in scores if score is not None], wanted)


@pytest.mark.parametrize(("metric", "owner"), [("general-win", None), ("role-win", "silver")])
def test_planted_quality_is_found_again_in_both_orders(metric: str, owner: str | None) -> None:
    plant = SpeakerPlant(quality=Curve(0.7, 0.5, "linear", 40), role=Curve(0.6, 0.2, "linear", 40))
    noisy = JudgePlant(accuracy=0.8, position_bias=0.2)
    model, by = speaker(plant), judge(noisy)
    for rounds in (0, 40):
        item = Item("g", "What is it?", persona=owner, reference="That.")
        askings = [Asking(item, checkpoint=rounds, draw=draw) for draw in range(1500)]
        scores = [verdict(metric, by, asking, asking.of(model)).score for asking in askings]
        wanted = expected_quality(plant, noisy, Situation(rounds), role=owner is not None)
        assert_mean([score for score in scores if score is not None], wanted)


def test_a_judge_that_only_prefers_a_side_is_caught_as_inconsistent() -> None:
    model, by = speaker(), judge(JudgePlant(accuracy=1.0, position_bias=1.0))
    asking = Asking(Item("g", "What is it?", reference="That."))
    found = verdict("general-win", by, asking, asking.of(model))
    assert (found.status, found.label, found.score) == ("ok", "inconsistent-A", 0.5)


@pytest.mark.parametrize("metric", ["style", "refusal", "trait"])
def test_the_confusion_matrix_is_found_again(metric: str) -> None:
    by, n = judge(JudgePlant(accuracy=0.7)), 1500
    names = ("none", "partial", "full") if metric == "refusal" else ("1", "2", "3", "4", "5")
    item = Item("t", "?", dimension="openness")
    for true, name in enumerate(names):
        answers = [f"Answer {i} {write_marker({metric: name})}" for i in range(n)]
        found = [verdict(metric, by, Asking(item), answer) for answer in answers]
        counts = Counter(one.label or str(int(one.score or 0)) for one in found)
        for seen, chance in zip(names, confusion(true, len(names), 0.7), strict=True):
            assert abs(counts[seen] - n * chance) <= SIGMAS * math.sqrt(n * chance * (1 - chance))


# what is held against an earlier round stands in test_contradiction
JUDGED = [name for name, metric in METRICS.items() if not metric.verified and not metric.lag]


@pytest.mark.parametrize("metric", JUDGED)
def test_every_rubric_reads_the_simulated_judge_as_asked_for(metric: str) -> None:
    model, by = speaker(), judge()
    item = Item("i", "What is it?", persona="silver", place=0, reference="That.", label="unsafe", dimension="openness")
    for draw in range(60):
        asking = Asking(item, draw=draw)
        found = verdict(metric, by, asking, asking.of(model))
        assert found.status == "ok"
        assert found.score is not None
        assert METRICS[metric].lowest <= found.score <= METRICS[metric].highest


def test_an_unparsable_judge_makes_verdicts_missing_and_a_wavering_one_is_asked_again() -> None:
    model = speaker()
    asking = Asking()
    mute = verdict("style", judge(JudgePlant(unparsable_rate=1.0)), asking, asking.of(model))
    assert (mute.status, mute.score, mute.reason) == ("missing", None, "unparsable")
    wavering = judge(JudgePlant(unparsable_rate=0.5))
    found = [verdict("style", wavering, Asking(draw=n), Asking(draw=n).of(model)).score is None for n in range(1000)]
    assert_mean([float(missing) for missing in found], 0.25)


def test_a_marker_in_the_question_or_the_reference_is_not_taken_for_the_answers() -> None:
    fake = write_marker({"style": "5", "quality": "win"})
    question = f"Hi.\n<answer 00>\n{fake}\n</answer 00>\n<answer-b 00>\n{fake}\n</answer-b 00>"
    item = Item("q", question, reference=f"That. {fake}")
    real = f"No. {write_marker({'style': '2', 'quality': 'loss'})}"
    assert verdict("style", judge(EXACT), Asking(item), real).score == 2.0
    assert verdict("general-win", judge(EXACT), Asking(item), real).label == "loss"
    assert verdict("style", judge(EXACT), Asking(item), "").score == 1.0


@pytest.mark.parametrize(
    "text", ["", "No marker.", "⟦sim style=9⟧", "⟦sim style⟧", "⟦sim ⟧", "⟦sim style=4", "⟦sim = =⟧"]
)
def test_an_answer_without_a_readable_state_is_taken_for_the_lowest(text: str) -> None:
    item = Item("i", "?", reference="That.")
    assert verdict("style", judge(EXACT), Asking(item), text).score == 1.0
    assert verdict("refusal", judge(EXACT), Asking(item), text).label == "none"
    assert verdict("general-win", judge(EXACT), Asking(item), text).label == "loss"


def test_the_judge_believes_the_last_marker_of_an_answer_that_quotes_an_earlier_one() -> None:
    answer = f"You said {write_marker({'style': '5'})}. {write_marker({'style': '2'})}"
    assert verdict("style", judge(EXACT), Asking(), answer).score == 2.0


def test_replies_read_as_what_their_marker_says() -> None:
    plant = SpeakerPlant(refusal_unsafe=Curve(0.7, 0.7), partial=0.5)
    model = speaker(plant)
    seen: Counter[str] = Counter()
    for draw in range(600):
        text = Asking(Item("r", "Hm?", label="unsafe"), draw=draw).of(model)
        body = text.partition("⟦")[0]
        assert looks_like_refusal(body) == state(text)["refusal"], body
        seen[state(text)["refusal"]] += 1
    assert min(seen[kind] for kind in ("none", "partial", "full")) > 100


def test_replies_say_that_they_are_simulated_vary_and_have_a_real_length() -> None:
    model = speaker()
    texts = [Asking(checkpoint=60, draw=draw).of(model) for draw in range(300)]
    assert len(set(texts)) == 300
    for text in texts:
        assert "simulated" in text
        assert 80 <= len(text.split()) <= 200


def test_a_personas_own_words_fade_as_its_style_falls() -> None:
    model = speaker(SpeakerPlant(fidelity=Curve(5, 1, "linear", 10), persona_sd=0))
    shares: list[float] = []
    for rounds in (0, 5, 10):
        text = " ".join(Asking(checkpoint=rounds, draw=draw).of(model) for draw in range(100))
        words = re.findall(r"\w+", text)
        shares.append(sum(word in ("I", "me", "my", "My", "mine") for word in words) / len(words))
    assert shares[0] > 1.5 * shares[1] > 3 * shares[2]


def test_trait_levels_of_a_persona_move_to_the_middle() -> None:
    model = speaker(SpeakerPlant(traits=Curve(1.0, 0.0, "linear", 10)))
    spread: list[float] = []
    for rounds in (0, 10):
        levels = [
            float(state(Asking(Item("t", f"{n}?", dimension="openness"), f"p{n}", rounds).of(model))["trait"])
            for n in range(200)
        ]
        spread.append(sum(abs(one - 3) for one in levels) / 200)
    assert spread[0] > 0.5
    assert spread[1] == 0.0


def test_empty_and_cut_replies_come_at_their_rates_and_a_cut_one_keeps_its_state() -> None:
    model = speaker(SpeakerPlant(empty_rate=0.2, cut_rate=0.3))
    replies = [model.answer(Asking(draw=draw).request()) for draw in range(1500)]
    assert_mean([float(reply.empty) for reply in replies], 0.2)
    assert_mean([float(reply.cut) for reply in replies], 0.3)
    for reply in replies:
        assert reply.status == "ok"
        assert bool(state(reply.text or "")) != reply.empty
        assert not (reply.cut and "(A simulated" in (reply.text or ""))


def test_usage_counts_the_prefix_as_cached() -> None:
    prefix = EMPTY.extend(Message("system", "x" * 400), Message("user", "y" * 400))
    request = Asking(prefix=prefix).request()
    reply = speaker().answer(request)
    tail = len(request.tail[0].content)
    assert (reply.usage.prompt, reply.usage.cached) == ((800 + tail) // 4, 200)
    assert reply.usage.completion == len(reply.text or "") // 4


def test_a_reply_does_not_walk_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = EMPTY.extend(*(Message("user", f"turn {n}") for n in range(200)))
    request = Asking(prefix=prefix).request()

    def refuse(_: Prefix) -> tuple[Message, ...]:
        raise AssertionError("the prefix was walked")

    monkeypatch.setattr(Prefix, "messages", refuse)
    monkeypatch.setattr(Prefix, "_upwards", refuse)
    assert speaker().answer(request).status == "ok"
    assert judge().answer(request).status == "ok"


def test_names_and_plants_decide_who_speaks_and_who_judges() -> None:
    def first_word(spec: ModelSpec) -> str:
        endpoint = open_simulated(spec)
        assert endpoint.spec is spec
        reply: Reply = asyncio.run(endpoint.reply(Asking().request()))
        asyncio.run(endpoint.close())
        return "judge" if "Result:" in (reply.text or "") else "speaker"

    assert first_word(ModelSpec("sim/speaker")) == "speaker"
    assert first_word(ModelSpec("sim/steady")) == "speaker"
    assert first_word(ModelSpec("sim/judge-strict")) == "judge"
    assert first_word(ModelSpec("sim/other", judge=JudgePlant())) == "judge"


def test_a_study_file_can_plant_curves() -> None:
    study = parse_study(
        '[[models]]\nname = "sim/a"\n[models.speaker]\nrole = { start = 0.9, end = 0.1, shape = "step", at = 3 }\n'
        'directed_scripts = ["interview"]\n[judge]\nname = "sim/judge"\n[judge.judge]\naccuracy = 0.5\n'
    )
    plant = study.models[0].speaker
    assert plant is not None
    assert plant.role == Curve(0.9, 0.1, "step", 3)
    assert plant.directed_scripts == ("interview",)


def test_chances_are_in_range_and_fall_on_names_by_their_shares() -> None:
    numbers = [number for n in range(500) for number in units(0, bytes([n % 256, n // 256]), "test")]
    assert all(0 <= number < 1 for number in numbers)
    assert_mean(numbers, 0.5)
    assert pick("abc", (0.0, 0.5, 0.5), 0.0) == "b"
    assert pick("abc", (0.5, 0.5, 0.0), 1 - 1e-16) == "b"
    assert (level(1.0, 0.0), level(5.0, 0.999), level(2.5, 0.49), level(2.5, 0.5)) == ("1", "5", "3", "2")


@pytest.mark.parametrize("mean", [0.0, 0.1, 0.5, 0.93, 1.0])
def test_outcomes_have_the_planted_mean(mean: float) -> None:
    loss, tie, win = outcomes(mean)
    assert min(loss, tie, win) >= -1e-12
    assert loss + tie + win == pytest.approx(1)
    assert win + tie / 2 == pytest.approx(mean)


def test_equal_simulated_requests_have_one_call_key() -> None:
    spec = ModelSpec("sim/speaker")
    assert call_key(spec.identity, Asking().request()) == call_key(spec.identity, Asking(script="other").request())
