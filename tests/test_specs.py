"""A study file is read strictly: every fault is one line that names file, place, fault and the known choices."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.specs import (
    Curve,
    LongplayError,
    Prices,
    Study,
    StudyError,
    changes,
    completed_text,
    fingerprint,
    parse_study,
    read_study,
    stored_study,
    toml_text,
)
from longplay.specs.addresses import is_loopback

PLACES = ("title", "[dialogues]\nrounds", "[dialogues]\npersonas", "[conditioning]\ncheckpoints", "[[probes]]\nname")
SAME = '[[models]]\nname = "openai/m"\n[judge]\nname = "openai/m"\nbase_url = "http://127.0.0.1:{}/v1"\n'
LEAST = '[[models]]\nname = "sim/speaker"\n[judge]\nname = "sim/judge"\n'


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (LEAST + "[dialogues]\nchekpoints = 3", ["[dialogues] has no key 'chekpoints'", "baseline, baseline_draws"]),
        (LEAST + "[conditioning]\ncheckpoints = [0, 200]", ["200 lies past the last round, 102"]),
        (LEAST + "[conditioning]\ncheckpoints = [4, 2]", ["must increase"]),
        (LEAST + "[conditioning]\ncheckpoints = []", ["is empty"]),
        (LEAST + "[dialogues]\nrounds = 3\n[conditioning]\ncheckpoints = 10", ["do not fit into 3 rounds"]),
        (LEAST + "[conditioning]\norders = [1]", ["1 is not among dialogues.orders", "Known: 0"]),
        (LEAST + '[dialogues]\npersonas = ["a", "a"]', ["'a' stands there twice"]),
        (LEAST + '[[models]]\nname = "sim/speaker"\n', ["'sim/speaker' stands there twice", "label"]),
        (LEAST + '[[probes]]\nname = "x"\n[[probes]]\nname = "x"', ["[probes] 'x' stands there twice"]),
        (LEAST + "[dialogues]\npersonas = []\nbaseline = false", ["nothing would be played"]),
        (LEAST + "[dialogues]\nrounds = 'many'", ["[dialogues.rounds]", "a whole number, got a text"]),
        (LEAST + "[budget]\ncost = -1", ["[budget.cost]"]),
        (LEAST + 'base_url = "http://user:pw@127.0.0.1"', ["[judge]", "credentials"]),
        (LEAST + 'base_url = "ftp://example.org"', ["not an http(s) URL"]),
        (LEAST + 'base_url = "https://[::bad"', ["brackets that hold no IPv6 address"]),
        (LEAST + 'api_key_env = "sk-123"', ["name of an environment variable"]),
        (LEAST.replace("sim/judge", "judge"), ["[judge]", "provider/name"]),
        (SAME.format(5), ["'openai/m' is also a model on another server", "label"]),
        ('[judge]\nname = "sim/judge"', ["the top level: has no 'models'", "Known keys: models, judge"]),
        (
            LEAST + '[analysis]\ncontrasts = ["firstlast"]',
            ["[analysis.contrasts] 'firstlast'", "Known: last-first, early"],
        ),
        (LEAST + '[analysis.families]\na = ["lost"]', ["[analysis.families] 'lost' is no declared contrast", "early"]),
        (LEAST + '[analysis.families]\na = ["early"]\nb = ["early"]', ["'early' stands there twice", "one family"]),
        (LEAST + '[analysis.families]\na = ["early", "early/style"]', ["'early/style' stands in 'early' already"]),
        (LEAST + '[analysis.versions.v]\nb = "a"\n[analysis.versions.w]\nc = "b"', ["'b', which is a version itself"]),
        (LEAST + '[analysis.versions.v]\nb = "a"\nc = "a"', ["'a' stands there twice", "one persona a version"]),
        (LEAST + '[analysis.versions." "]\nb = "a"', ["[analysis.versions] ' ' must be printable text on one line"]),
        (LEAST + '[analysis.versions."a\\nb"]\nb = "a"', ["[analysis.versions] 'a\\nb' must be printable text"]),
        ("x = ", ["not valid TOML"]),
        (LEAST + LEAST, ["not valid TOML"]),
        ("a = " + "[" * 5000, ["nested too deeply"]),
    ],
)
def test_a_fault_in_a_study_is_one_line_with_place_and_choices(text: str, parts: list[str]) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study(text, "mine.toml")
    message = str(caught.value)
    assert message.startswith("mine.toml: ")
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_missing_or_unreadable_study_file_is_named(tmp_path) -> None:
    with pytest.raises(StudyError, match="no such file"):
        read_study(tmp_path / "absent.toml")
    with pytest.raises(StudyError, match=r"is a folder\. Name a study file \(TOML\); there is none in it\.$"):
        read_study(tmp_path)
    with pytest.raises(StudyError, match=r"cannot be read \(Not a directory\)\."):
        read_study(Path("/dev/null/study.toml"))
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(StudyError, match="UTF-8"):
        read_study(tmp_path / "latin.toml")


def fault_of(text: str) -> str:
    """The error a study text meets, or nothing."""
    try:
        parse_study(text)
    except LongplayError as error:
        return str(error)
    return ""


@given(st.text())
def test_any_text_is_a_study_or_one_clear_line(text: str) -> None:
    assert "\n" not in fault_of(text)


@given(st.recursive(st.integers() | st.text(max_size=5) | st.booleans(), lambda part: st.lists(part, max_size=3)))
def test_any_value_in_any_place_is_accepted_or_refused_in_one_line(value: object) -> None:
    for place in PLACES:
        head, _, key = place.rpartition("\n")
        text = f"{head}\n{key} = {msgspec.json.encode(value).decode()}"
        assert "\n" not in fault_of((text + "\n" + LEAST) if not head else LEAST + text)


def test_core_checkpoints_are_early_and_end_with_the_last_round() -> None:
    assert parse_study(LEAST).checkpoints == (0, 1, 2, 4, 8, 16, 32, 56, 79, 102)
    assert parse_study(LEAST + "[dialogues]\nrounds = 12").checkpoints == (0, 1, 2, 4, 8, 12)


def test_a_count_of_checkpoints_gives_the_papers_rounds() -> None:
    study = parse_study(LEAST + "[conditioning]\ncheckpoints = 10")
    assert study.checkpoints == (0, 11, 22, 34, 45, 56, 68, 79, 90, 102)


def test_changes_name_the_place_and_both_values() -> None:
    old, new = parse_study(LEAST), parse_study(LEAST + "[dialogues]\nrounds = 50")
    assert changes(old, new) == ["dialogues.rounds: 102 -> 50"]
    assert changes(old, old) == []


def test_what_came_and_went_is_named_and_not_listed_key_by_key() -> None:
    one, two = parse_study(LEAST), parse_study(ROLES)
    assert changes(one, two)[-3:] == [
        "helpers: 'adviser' was added",
        "judges: 'sim/judge-2' was added",
        "users: 'sim/curious' was added",
    ]
    assert changes(two, one)[-2:] == ["judges: 'sim/judge-2' was removed", "users: 'sim/curious' was removed"]
    more = parse_study(ROLES.replace("max_tokens = 9", "max_tokens = 8"))
    assert changes(two, more) == ["judges['sim/judge-2'].sampling.max_tokens: 9 -> 8"]


def test_judges_in_another_order_are_a_change() -> None:
    study = parse_study(ROLES)
    turned = msgspec.structs.replace(study, judge=study.judges[1], further_judges=study.judges[:1])
    assert changes(study, turned) == ["judges: the order is another"]


def test_one_table_too_many_of_judge_is_told_what_to_write() -> None:
    with pytest.raises(StudyError, match=r"\[judge\] is one table. For several judges write each as \[\[judges\]\]"):
        parse_study(LEAST.replace("[judge]", "[[judge]]"))


def test_addresses_and_limits_do_not_change_what_a_model_is() -> None:
    one, other = (
        parse_study(LEAST + line).judge for line in ('base_url = "http://127.0.0.1:1/v1"\nconcurrency = 3', "")
    )
    assert one.identity == other.identity
    assert one.identity != parse_study(LEAST + 'preamble = "thinking off"').judge.identity
    assert one.identity != parse_study(LEAST + 'label = "the other one"').judge.identity


def test_a_fingerprint_depends_on_values_alone() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint([1]) != fingerprint([2])


def test_cost_counts_cached_tokens_at_their_own_price() -> None:
    assert Prices(input=2.0, cached=0.5, output=4.0).cost(1_000_000, 400_000, 500_000) == pytest.approx(1.2 + 0.2 + 2.0)
    assert Prices(input=2.0, output=4.0).cost(1_000_000, 400_000, 0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("shape", "rounds", "means"),
    [
        ("linear", [0, 10, 20, 40], [5, 4, 3, 3]),
        ("step", [0, 20, 21], [5, 5, 3]),
        ("plateau", [0, 20, 40], [5, 4, 3.5]),
    ],
)
def test_planted_curves_have_their_shapes(shape: str, rounds: list[int], means: list[float]) -> None:
    curve = Curve(5, 3, shape=shape, at=20)
    assert [curve.mean(after) for after in rounds] == pytest.approx(means)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.9.9.9", True), ("::1", True), ("127.evil.org", False), ("10.0.0.1", False)],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_study_knows_whether_any_of_its_numbers_are_simulated() -> None:
    assert parse_study(LEAST).simulated
    real = LEAST.replace("sim/speaker", "openai/m")
    assert parse_study(real).simulated, "a simulated judge is enough"
    assert not parse_study(real.replace("sim/judge", "openai/j")).simulated
    assert isinstance(parse_study(LEAST), Study)


@given(st.text(st.characters()))
def test_any_text_can_be_written_into_a_study(text: str) -> None:
    written = toml_text(text)
    assert written.isprintable()
    assert tomllib.loads(f"a = {written}") == {"a": text.encode(errors="replace").decode()}


ROLES = """
[[models]]
name = "sim/speaker"
[[judges]]
name = "sim/judge"
[[judges]]
name = "sim/judge-2"
sampling = { max_tokens = 9 }
[[users]]
name = "sim/curious"
[[helpers]]
name = "sim/adviser"
label = "adviser"
"""


def test_a_study_names_several_judges_users_and_helpers_and_the_first_is_meant_where_no_name_is_given() -> None:
    study = parse_study(ROLES)
    assert study.judge == study.judges[0]
    named = [(kind, spec.title) for kind, spec in study.roles]
    judges = [("judge", "sim/judge"), ("judge", "sim/judge-2")]
    assert named == [("model", "sim/speaker"), *judges, ("user", "sim/curious"), ("helper", "adviser")]


def test_one_judge_is_the_same_study_in_either_form() -> None:
    listed = ROLES.replace('[[judges]]\nname = "sim/judge-2"\nsampling = { max_tokens = 9 }\n', "")
    assert parse_study(listed) == parse_study(listed.replace("[[judges]]", "[judge]"))
    assert changes(parse_study(listed), parse_study(ROLES))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('[[users]]\nname = "sim/curious"', '[judge]\nname = "sim/j"', "has both [judge] and [[judges]]"),
        ('"sim/judge-2"', '"sim/judge"', "[judges] 'sim/judge' stands there twice; give each its own label."),
        ("max_tokens = 9", "most = 9", "[judges[1].sampling] has no key 'most'. Known keys: max_tokens"),
        ('label = "adviser"', "concurrency = 0", "[helpers[0].concurrency]: Expected a whole number >= 1"),
        (
            'label = "adviser"',
            'label = "sim/judge"\nbase_url = "http://127.0.0.1:1"',
            "[helpers[0]] 'sim/judge' is also",
        ),
        ('"sim/judge-2"', '"judge-2"', "[judges[1]] name 'judge-2' must be provider/name"),
        ("[[helpers]]", "[[helper]]", "Known keys: analysis, battery, budget, conditioning, dialogues, helpers, judge"),
        ("[[judges]]", "[judges]", "not valid TOML"),
    ],
)
def test_a_fault_in_a_role_names_the_place_and_what_is_accepted(old: str, new: str, said: str) -> None:
    with pytest.raises(StudyError, match=re.escape(said)):
        parse_study(ROLES.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("max_tokens = 9 }", 'max_tokens = 9 }\nlabel = "verifier"', "label 'verifier' is the name that programs'"),
        ("max_tokens = 9 }", 'max_tokens = 9 }\nlabel = "person/anna"', "label 'person/anna' is a name that people's"),
        ('"sim/judge-2"', '"person/anna"', "name 'person/anna' is a name that people's"),
    ],
)
def test_a_judge_that_is_called_as_programs_or_people_are_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(StudyError, match=re.escape(f"[judges[1]] {said}") + ".*give the judge another label"):
        parse_study(ROLES.replace(old, new))


def test_other_roles_may_be_called_as_programs_or_people_are() -> None:
    study = parse_study(ROLES.replace('"adviser"', '"verifier"').replace('"sim/curious"', '"person/anna"'))
    assert [spec.title for spec in (*study.users, *study.helpers)] == ["person/anna", "verifier"]


@pytest.mark.parametrize("label", ["a\\nb", "a\\u001b[31m", "  ", "\\u202eab", "\\u2028"])
@pytest.mark.parametrize(("name", "place"), [("sim/speaker", "models[0]"), ("sim/judge", "judges[0]")])
def test_a_label_that_is_blank_or_does_not_print_is_refused(label: str, name: str, place: str) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study(ROLES.replace(f'"{name}"', f'"{name}"\nlabel = "{label}"'), "mine.toml")
    said = str(caught.value)
    assert said.startswith(f"mine.toml: [{place}] label ")
    assert said.endswith("must be printable text on one line.")
    assert said.isprintable()
    with pytest.raises(StudyError, match=re.escape(f"[{place}] name ")):
        parse_study(ROLES.replace(f'"{name}"', f'"{name}\\u0007"'))


def test_a_version_may_have_any_printable_name_and_is_written_into_the_run_with_it() -> None:
    text = (
        LEAST
        + '[dialogues]\npersonas = ["silver", "marsh"]\n[analysis.versions."old - short, by us"]\nsilver = "marsh"'
    )
    assert parse_study(text).analysis.versions == {"old - short, by us": {"silver": "marsh"}}
    assert parse_study(completed_text(text)).analysis == parse_study(text).analysis


def test_titles_that_a_run_began_with_are_read_on_and_new_ones_are_not(tmp_path: Path) -> None:
    text = ROLES.replace('"sim/judge-2"', '"sim/judge-2"\nlabel = "verifier"').replace('"adviser"', '"a\\nb"')
    (tmp_path / "study.toml").write_text(text)
    stored = stored_study(tmp_path / "study.toml")
    assert [spec.title for spec in (*stored.judges, *stored.helpers)] == ["sim/judge", "verifier", "a\nb"]
    assert parse_study(text, stored=stored) == stored
    with pytest.raises(StudyError, match="label 'person/anna'"):
        parse_study(text.replace("verifier", "person/anna"), stored=stored)


def test_an_empty_list_of_judges_is_refused() -> None:
    text = '[[models]]\nname = "sim/speaker"\n'
    with pytest.raises(StudyError, match=r"\[\[judges\]\] is empty"):
        parse_study("judges = []\n" + text)
    with pytest.raises(StudyError, match="judge"):
        parse_study(text)
