"""Items from files that people have: every form, told apart by what stands in it, and what each fault says."""

import json
from pathlib import Path
from typing import Any

import arro3.core as arrow
import arro3.io
import pytest

from longplay.probes.files import ItemFileError, Wanted, items_in, place_of
from longplay.records import Item
from longplay.specs import Shot

NASTY = 'a "quoted", text;\twith\u2028breaks\n\N{ZERO WIDTH JOINER}é=1+1 ☃'


def read(
    folder: Path,
    raw: bytes | str,
    name: str = "items.any",
    fields: dict[str, str] | None = None,
    persona: str | None = None,
) -> tuple[Item, ...]:
    (folder / name).write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return items_in(place_of(name, folder), Wanted(fields, persona))


def table(**columns: list[str]) -> arrow.Table:
    made: Any = arrow.Table  # its hints name types that are not known here
    return made.from_pydict({name: strings(cells) for name, cells in columns.items()})


def strings(cells: list[str]) -> arrow.Array:
    return arrow.Array(cells, type=arrow.DataType.string())


def parquet(folder: Path, made: arrow.Table) -> bytes:
    arro3.io.write_parquet(made, folder / "made")
    return (folder / "made").read_bytes()


def cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


FORMS = {
    "JSON Lines": json.dumps({"id": "a", "text": NASTY, "reference": "4"}) + "\n\n" + '{"text": "Two?"}',
    "a JSON list": json.dumps([{"id": "a", "text": NASTY, "reference": "4"}, {"text": "Two?"}], indent=1),
    "an object with a list": json.dumps({"items": [{"id": "a", "text": NASTY, "reference": "4"}, {"text": "Two?"}]}),
    "TOML": f'# ours\n[[items]]\nid = "a"\ntext = {json.dumps(NASTY)}\nreference = "4"\n[[items]]\ntext = "Two?"',
    "CSV": f"id,text,reference\r\na,{cell(NASTY)},4\r\n,Two?,\r\n",
    "CSV with semicolons": f"id;text;reference\na;{cell(NASTY)};4\n;Two?;\n",
    "CSV with tabs": f"id\ttext\treference\na\t{cell(NASTY)}\t4\n\tTwo?\t\n",
    "CSV of a spreadsheet": f"\N{BYTE ORDER MARK}sep=;\r\nid;text;reference\r\na;{cell(NASTY)};4\r\n;Two?;\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_text_in_is_text_out_in_every_form(tmp_path: Path, form: str) -> None:
    first, second = read(tmp_path, FORMS[form])

    assert (first.id, first.text, first.reference, first.place) == ("a", NASTY, "4", 0)
    assert (second.id, second.text, second.reference, second.place) == ("row-2", "Two?", None, 1)


def test_a_table_of_parquet_or_arrow_is_read_as_it_stands(tmp_path: Path) -> None:
    made = table(id=["a", "b"], text=[NASTY, "Two?"])
    arro3.io.write_ipc(made, tmp_path / "file")
    arro3.io.write_ipc_stream(made, tmp_path / "stream")
    wanted = [("a", NASTY), ("b", "Two?")]

    for raw in (parquet(tmp_path, made), (tmp_path / "file").read_bytes(), (tmp_path / "stream").read_bytes()):
        assert [(item.id, item.text) for item in read(tmp_path, raw)] == wanted


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "is empty"),
        ("[]", "holds no items"),
        ('{"text": "a"}\n{"text": }', "line 2: no JSON"),
        ('{"text": "a"}\n\n["b"]', "line 3: is no JSON object"),
        ('{"text": "a"}\n{"text": "b", "text": "c"}', "line 2: .*stands twice"),
        ('{"text": "a"}\n{"text": NaN}', "line 2: NaN is no JSON"),
        ('["a", "b"]', "item 1: is no object"),
        ('{"data": [{"text": "a"}]}', "has no column 'text'; columns: data"),
        ('{\n"data": [{"text": "a"}]}', "has no 'items', but data"),
        ('{\n"items": [{"text": "a"}], "more": 1}', "holds more beside 'items'"),
        ('[[items]]\ntext = "a"\n[[itens]]\ntext = "b"', "holds itens beside 'items'"),
        ('[[items]]\ntext = "a', "not valid TOML"),
        ("- text: a\n- text: b\n", "looks like YAML"),
        ("<html><body>a</body></html>", "looks like an HTML page"),
        ("text,reference\na,b,c\n", "line 2: has 3 cells with a comma between them, and the header has 2"),
        ("text,reference\na,b\n\nc\n", "line 4: has 1 cells"),
        ('text,reference\n"a"b,c\n', "line 2: no CSV"),
        ('text,reference\na,b\n"c\nd,e\n', "line 3: no CSV"),
        ("text,text\na,b\n", "two columns 'text'"),
        ("text,\na,b\n", "a column without a name"),
        ("text;a,b\n1;2,3\n", "cannot tell whether"),
        ('"id,text,reference\r\n1,2"', "holds no items"),
        ("What is 2+2?\nWhat is 3+3?\n", r"has no column 'text'; columns: What is 2\+2\?"),
        (b"\x80\x04K\x01.", "Python pickle"),
        (b"PK\x03\x04....", "a zip archive"),
        (b"PAR1....", "a damaged Parquet table"),
        (b"\xff\xff\xff\xff\x10\0\0\0", "a damaged Arrow table"),
        (b'{"text": "\xe9"}', "is not UTF-8"),
    ],
)
def test_what_is_no_file_of_items_is_said_with_its_place(tmp_path: Path, raw: bytes | str, said: str) -> None:
    with pytest.raises(ItemFileError, match=rf"^items\.any: .*{said}"):
        read(tmp_path, raw)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": "  "}, "line 2: column 'text': is blank"),
        ({"text": None}, "line 2: has no 'text'. Known fields: id, text"),
        ({"id": "b"}, "line 2: has no 'text'. Known fields: id, text"),
        ({"text": 5}, "line 2: column 'text': Expected a text, got a whole number"),
        ({"text": ["a"]}, "line 2: column 'text': Expected a text, got a list"),
        ({"text": "b", "reference": True}, "line 2: column 'reference': Expected a text"),
        ({"text": "b", "id": "a"}, "line 2: the id 'a' stands there twice, first at line 1"),
        ({"text": "b", "id": ""}, "line 2: column 'id': is blank"),
        ({"text": "b", "id": "a\nb"}, "line 2: column 'id': an id is one line"),
        ({"text": "b\ud800"}, "line 2: column 'text': holds half of a character"),
        ({"text": "b", "referense": "c"}, "line 2: unknown column 'referense'. Known: id, text"),
        ({"text": "b", "key": "x"}, "line 2: column 'key': .*Known: +, -"),
        ({"text": "b", "turns": ["a", " "]}, "line 2: column 'turns': is blank"),
        ({"text": "b", "turns": ["a", 1]}, "line 2: column 'turns[1]': Expected a text"),
        ({"text": "b", "shots": [{"role": "user", "content": "c"}]}, "line 2: column 'shots': the last message"),
        ({"text": "b", "shots": [{"role": "system", "content": "c"}]}, "line 2: column 'shots[0].role'"),
        ({"text": "b", "shots": [{"role": "assistant", "content": "c"}]}, "line 2: column 'shots': message 1"),
    ],
)
def test_a_row_that_cannot_be_an_item_is_named(tmp_path: Path, row: dict[str, object], said: str) -> None:
    lines = [json.dumps({"id": "a", "text": "One?"}), json.dumps(row)]

    with pytest.raises(ItemFileError) as caught:
        read(tmp_path, "\n".join(lines))

    begin, _, end = said.partition(".*")
    assert str(caught.value).startswith(f"items.any: {begin}")
    assert end in str(caught.value)


def test_fields_say_which_column_is_what(tmp_path: Path) -> None:
    rows = [
        {"nr": 7, "q": {"en": "One?"}, "answers": {"text": ["1", "one"]}, "label": 3, "persona": "Ada"},
        {"nr": 8, "q": {"en": "Two?"}, "answers": {"text": ["2"]}, "label": 4, "persona": None},
    ]
    fields = {"id": "nr", "text": "q.en", "reference": "answers.text.0"}

    first, second = read(tmp_path, "\n".join(map(json.dumps, rows)), fields=fields)

    assert (first.id, first.text, first.reference, first.persona, first.label) == ("7", "One?", "1", "Ada", None)
    assert (second.id, second.text, second.reference, second.persona) == ("8", "Two?", "2", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "question"}, "has no column 'question', which `fields` gives as text; columns: q, a"),
        ({"text": "q", "referense": "a"}, r"`fields` names 'referense', which no item has \(do you mean reference\?\)"),
        ({"reference": "a"}, "has no column 'text'; columns: q, a. Say fields = { text = 'q' }"),
        ({"text": "q.en"}, "has no column 'q.en'"),
        (None, "has no column 'text'; columns: q, a"),
    ],
)
def test_fields_that_do_not_fit_are_named(tmp_path: Path, fields: dict[str, str] | None, said: str) -> None:
    with pytest.raises(ItemFileError, match=said):
        read(tmp_path, "q,a\nOne?,1\n", fields=fields)


def test_lists_stand_in_a_table_as_json(tmp_path: Path) -> None:
    (item,) = read(tmp_path, 'turns,tags\n"[""One?"", ""Two?""]","[""x"", ""y""]"\n')

    assert (item.earlier, item.text, item.tags) == (("One?",), "Two?", ("x", "y"))


def test_turns_stand_before_a_text(tmp_path: Path) -> None:
    shots = [{"role": "user", "content": "0?"}, {"role": "assistant", "content": "Zero."}]
    lines = [{"turns": ["One?"], "text": "Two?", "shots": shots}, {"turns": ["Three?"]}]

    first, second = read(tmp_path, "\n".join(map(json.dumps, lines)))

    assert (first.earlier, first.text) == (("One?",), "Two?")
    assert first.examples == (Shot("user", "0?"), Shot("assistant", "Zero."))
    assert (second.earlier, second.text) == ((), "Three?")


def test_a_persona_that_the_study_gives_agrees_with_the_file(tmp_path: Path) -> None:
    lines = '{"text": "One?"}\n{"text": "Two?", "persona": "bo"}'

    assert [item.persona for item in read(tmp_path, lines, persona="bo")] == ["bo", "bo"]
    with pytest.raises(ItemFileError, match="line 2: is an item of 'bo', and the study says persona = 'ada'"):
        read(tmp_path, lines, persona="ada")


def test_more_items_than_any_set_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ItemFileError, match="holds more than 100,000 items"):
        read(tmp_path, "text\n" + "a\n" * 100_001)


def test_labels_that_stand_as_numbers_are_read_as_labels(tmp_path: Path) -> None:
    features = {"text": {"_type": "Value"}, "reference": {"_type": "ClassLabel", "names": ["A", "B"]}}
    made: Any = arrow.Table
    columns = {
        "text": strings(["One?", "Two?", "Three?"]),
        "reference": arrow.Array([0, 1, -1], type=arrow.DataType.int64()),
    }
    known = {"huggingface": json.dumps({"info": {"features": features}})}
    arro3.io.write_ipc_stream(made.from_pydict(columns, metadata=known), tmp_path / "stream")

    for raw in (parquet(tmp_path, made.from_pydict(columns, metadata=known)), (tmp_path / "stream").read_bytes()):
        assert [item.reference for item in read(tmp_path, raw)] == ["A", "B", "-1"]


def save(folder: Path, *shards: arrow.Table, names: list[str] | None = None) -> None:
    """As `datasets` writes with save_to_disk."""
    folder.mkdir(parents=True)
    files = names or [f"data-{number:05}-of-{len(shards):05}.arrow" for number in range(len(shards))]
    for name, shard in zip(files, shards, strict=True):
        arro3.io.write_ipc_stream(shard, folder / Path(name).name)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in files]}))
    (folder / "dataset_info.json").write_text("{}")


def test_a_folder_that_datasets_wrote_is_read_shard_by_shard(tmp_path: Path) -> None:
    save(tmp_path / "set", table(text=["One?"]), table(text=["Two?"]))
    arro3.io.write_ipc_stream(table(text=["Old?"]), tmp_path / "set" / "data-00000-of-00003.arrow")

    items = items_in(place_of("set", tmp_path), Wanted())

    assert [(item.id, item.text) for item in items] == [("row-1", "One?"), ("row-2", "Two?")]


def test_a_split_is_chosen_by_name(tmp_path: Path) -> None:
    for split in ("train", "test"):
        save(tmp_path / "set" / split, table(text=[f"{split}?"]))
    (tmp_path / "set" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test", "../secret", "gone"]}))

    assert [item.text for item in items_in(place_of("set#test", tmp_path), Wanted())] == ["test?"]
    with pytest.raises(ItemFileError, match=r"^set: has several splits; name one: set#train, set#test"):
        place_of("set", tmp_path)
    with pytest.raises(ItemFileError, match="has no split 'tset'; name one: set#train, set#test"):
        place_of("set#tset", tmp_path)
    with pytest.raises(ItemFileError, match=r"has no split '\.\./secret'"):
        place_of("set#../secret", tmp_path)


def test_a_folder_of_parquet_files_has_the_splits_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "set" / "data").mkdir(parents=True)
    for name in ("train-00001-of-00002", "train-00000-of-00002", "test"):
        (tmp_path / "set" / "data" / f"{name}.parquet").write_bytes(parquet(tmp_path, table(text=[name])))

    items = items_in(place_of("set#train", tmp_path), Wanted())

    assert [item.text for item in items] == ["train-00000-of-00002", "train-00001-of-00002"]
    assert [item.text for item in items_in(place_of("set#test", tmp_path), Wanted())] == ["test"]


@pytest.mark.parametrize("name", ["../made", "/etc/passwd", "gone.arrow", "a/b.arrow"])
def test_a_name_in_a_folders_own_list_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    save(tmp_path / "set", table(text=["One?"]), names=[name])
    (tmp_path / "set" / Path(name).name).unlink()

    with pytest.raises(ItemFileError, match="which is no file in the folder"):
        place_of("set", tmp_path)


@pytest.mark.parametrize("state", ["", "[]", "{}", '{"_data_files": []}', '{"_data_files": [1]}', "\udce9"])
def test_a_damaged_folder_is_named(tmp_path: Path, state: str) -> None:
    save(tmp_path / "set", table(text=["One?"]))
    (tmp_path / "set" / "state.json").write_bytes(state.encode(errors="surrogateescape"))

    with pytest.raises(ItemFileError, match=r"^set: state\.json "):
        place_of("set", tmp_path)


def test_an_empty_folder_or_a_split_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "a.csv").write_text("text\na\n")

    with pytest.raises(ItemFileError, match="is a folder without tables"):
        place_of("set", tmp_path)
    with pytest.raises(ItemFileError, match="only a folder of tables has splits"):
        place_of("a.csv#test", tmp_path)


def test_a_table_that_would_end_the_reader_costs_a_line(tmp_path: Path) -> None:
    raw = bytearray(parquet(tmp_path, table(text=["a" * 50, "b" * 50])))
    outcomes = set[bool]()
    for at in range(4, len(raw), 61):
        damaged = bytes(raw[:at]) + bytes([raw[at] ^ 0xFF]) + bytes(raw[at + 1 :])
        try:
            outcomes.add(bool(read(tmp_path, damaged)))
        except ItemFileError as fault:
            outcomes.add("Traceback" in str(fault))

    assert False in outcomes


def test_whole_numbers_of_a_column_with_empty_cells_are_written_without_a_point(tmp_path: Path) -> None:
    values: Any = arrow.Array([42.0, None, 0.5, -7.0], type=arrow.DataType.float64())
    made: Any = arrow.Table
    raw = parquet(tmp_path, made.from_pydict({"text": strings(["a", "b", "c", "d"]), "reference": values}))

    assert [item.reference for item in read(tmp_path, raw)] == ["42", None, "0.5", "-7"]
    assert read(tmp_path, '{"text": "a", "id": 3.0, "reference": 1e300}')[0].reference == "1e+300"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            '{"text": "a", "turns": ' + "[" * 900 + "]" * 900 + "}",
            "line 1: column 'turns[0]': Expected a text, got a list",
        ),
        ('{"text": "a", "reference": 1e999}', "line 1: column 'reference': holds a number that is too large"),
        ('{"text": "a", "reference": ' + "9" * 5000 + "}", "line 1: holds a number of too many digits"),
        ('{"text": "a', "line 1: no JSON: Unterminated string starting at column 10"),
        ('"abc"', "holds no items"),
        (",".join(f"c{n}" for n in range(300_000)), "line 1: the header has 300,000 columns; at most 10,000 are read."),
    ],
)
def test_values_no_item_can_hold_are_named_with_their_line(tmp_path: Path, raw: str, said: str) -> None:
    with pytest.raises(ItemFileError) as caught:
        read(tmp_path, raw)

    assert said in str(caught.value)


def test_a_cell_of_a_million_characters_is_read(tmp_path: Path) -> None:
    long = "x " * 500_000 + "?"

    assert read(tmp_path, f"text,reference\n{cell(long)},4\n")[0].text == long


def test_a_file_may_have_a_hash_in_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, '{"text": "a"}', "items#1.jsonl")[0].text == "a"


def test_a_folder_whose_splits_are_not_there_says_so(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/dataset_dict.json").write_text('{"splits": ["..", "test"]}')

    with pytest.raises(ItemFileError, match=r"set: none of the splits that dataset_dict\.json names is there"):
        place_of("set", tmp_path)
