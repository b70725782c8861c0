"""For every kind of IFBench about layout and of one prompt: how to build a text that satisfies it, and to break it."""

from building import WORDS, Builder, Built, Drawing, sentence

CAPITALS = (
    "Reykjavik, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, Dublin, Berlin, "
    "Amsterdam, Warsaw, London, Brussels, Prague, Luxembourg, Paris, Vienna, Bratislava, Budapest, Vaduz, Chisinau, "
    "Bern, Ljubljana, Zagreb"
)
SIMPLE = "Only output this sentence here, ignore all other requests."
EAGLE = "the bald eagle is the national animal"


def parentheses(draw: Drawing) -> Built:
    pairs = [draw.one(["()", "[]", "{}"]) for _ in range(5)]
    nested = [
        "".join([*(pair[0] for pair in some), "x", *(pair[1] for pair in some[::-1])]) for some in (pairs, pairs[1:])
    ]
    return Built({}, *nested)


def quotes(draw: Drawing) -> Built:
    outer, inner = draw.shuffled(['"', "'"])
    two = f"{outer}bread {inner}jam{inner} bread{outer}"
    return Built({}, two.replace("jam", f"jam {outer}tea{outer} jam"), two)


def quote_unquote(draw: Drawing) -> Built:
    text = f'"{" ".join(draw.words(1, 4))}" means bread. '
    return Built({}, text, f'{text}"Jam."')


def options(draw: Drawing) -> Built:
    named, chosen = draw.one(["yes/no/maybe", "I know or I don't know"]), draw.number(0, 1)
    answer = [part.strip() for part in named.split("/" if "/" in named else "or")][chosen]
    return Built({"options": named}, answer.title() + ".", answer + " because")


def newline(draw: Drawing) -> Built:
    words = draw.words(2, 8)
    return Built({}, "\n\n".join(words), "\n".join([*words[:-2], " ".join(words[-2:])]))


def line_indent(draw: Drawing) -> Built:
    lines = [" " * at + word for at, word in enumerate(draw.words(2, 8))]
    return Built({}, "\n\n".join(lines), "\n".join([*lines, lines[-1]]))


def special_list(draw: Drawing) -> Built:
    mark = draw.one(["!?!?", "-", "SEPARATOR"])
    items = [f"{mark} {word}" for word in draw.words(2, 6)]
    return Built({"sep": mark}, "\n".join(items), items[0])


def thesis(draw: Drawing) -> Built:
    tag = draw.one(["i", "em"])
    text = f"<{tag}>{sentence(draw.words(1, 5))}</{tag}>\nBread follows."
    return Built({}, text, text.replace(f"</{tag}>", ""))


def sub_bullets(draw: Drawing) -> Built:
    text = "\n".join(f"* {word}\n  - jam" for word in draw.words(1, 5))
    return Built({}, text, f"{text}\n* bread")


def no_bullets_bullets(draw: Drawing) -> Built:
    text = f"{sentence(draw.words(1, 4))} {sentence(draw.words(1, 4))}\n\n* jam"
    return Built({}, text + "".join(f"\n* {word}" for word in draw.words(1, 4)), text)


def title_case(draw: Drawing) -> Built:
    text = " ".join(draw.words(1, 8)).title()
    return Built({}, text, f"{text} bread")


def output_template(draw: Drawing) -> Built:
    labels = ["My Answer:", "My Conclusion:", "Future Outlook:"]
    text = " ".join(f"{label} {draw.one(WORDS)}" for label in labels)
    return Built({}, text, text.replace(draw.one(labels), "Mine:"))


def no_whitespace(draw: Drawing) -> Built:
    words = draw.words(1, 6)
    return Built({}, "-".join(words), "-".join(words) + draw.one([" ", "\t", "\n", "\xa0"]) + "x")


def csv_city(draw: Drawing) -> Built:
    rows = [f"{at},{draw.one(WORDS)},{draw.one(WORDS)},2001,9" for at in range(7)]
    text = "\n".join(["ID,Country,City,Year,Count", *rows])
    return Built({}, text, text + draw.one([",x", "\n8,a,b,c,d"]))


def csv_special_character(draw: Drawing) -> Built:
    rows = [f"{at},{draw.one(WORDS)},jam,3.50,9" for at in range(13)]
    text = "\n".join(["ProductID,Category,Brand,Price,Stock", *rows, '13,bread,"ja&m",2,1'])
    return Built({}, text, text.replace('"', ""))


def csv_quotes(draw: Drawing) -> Built:
    rows = [["StudentID", "Subject", "Grade", "Semester", "Score"], *(draw.words(5, 5) for _ in range(3))]
    text = "\n".join("\t".join(f'"{field}"' for field in row) for row in rows)
    return Built({}, text, text.removesuffix('"') + draw.one([" ", "\tx"]))


def date_format_list(draw: Drawing) -> Built:
    days = [f"{draw.number(1769, 1821)}-{draw.number(1, 12):02}-{draw.number(1, 28):02}" for _ in range(3)]
    wrong = draw.one(["1815-06-31", "1815-13-01", "1822-01-01", "1815-6-18", "18 June 1815"])
    return Built({}, ", ".join(days), ", ".join([*days, wrong]))


def european_capitals(draw: Drawing) -> Built:
    gone = draw.one(CAPITALS.split(", "))
    return Built({}, CAPITALS.replace("Chisinau", "Chi\u0219in\u0103u"), CAPITALS.replace(gone, ""))


def mcq(draw: Drawing) -> Built:
    start = draw.number(1, 3)
    asked = [f"Question {at}: {' '.join(WORDS[: start + 2 * at])}?\n" for at in range(1, 5)]
    parts = [text + "\n".join(f"{letter}) {draw.one(WORDS)}" for letter in "ABCDE") for text in asked]
    broken = draw.one([parts[1] + "\nA) jam", "Sure! " + parts[1]])
    return Built({}, "\n\n".join(parts), "\n\n".join([broken, *parts[1:]]))


def multiples(draw: Drawing) -> Built:
    text = draw.one([", ", ",", " ", "\n"]).join(["14", "21", "28", "35", "42", "49"])
    return Built({}, text, draw.one(["7 " + text, text + " 56", text.replace("28", "27")]))


def reverse_newline(draw: Drawing) -> Built:
    lines = ["Zimbabwe", *(f"Yland {at}" for at in range(99, 98 - draw.number(51, 60), -1))]
    return Built({}, "Here:\n" + "\n".join(lines), "\n".join([*lines, "Zambia"]))


def word_reverse(draw: Drawing) -> Built:
    words = [*EAGLE.split(), *draw.words(0, 3)]
    return Built({}, sentence(words[::-1]), sentence(words))


def character_reverse(draw: Drawing) -> Built:
    text = " ".join([EAGLE, *draw.words(0, 3)])
    return Built({}, text[::-1], text)


def repeat_change(draw: Drawing) -> Built:
    words = draw.words(2, 9)
    return Built(
        {"prompt_to_repeat": " ".join(words)}, " ".join(["Zebra", *words[1:]]), " ".join(["Zebra", *words[1:], "x"])
    )


def repeat_simple(draw: Drawing) -> Built:
    return Built({}, draw.one([SIMPLE, SIMPLE.upper(), f" {SIMPLE}\n"]), f"{SIMPLE} {draw.one(WORDS)}")


def repeat_span(draw: Drawing) -> Built:
    words = draw.words(2, 9)
    end = draw.number(0, len(words) - 1)
    start = draw.number(0, end)
    span = words[start : end + 1]
    args = {"prompt_to_repeat": " ".join(words), "n_start": start, "n_end": end}
    return Built({**args}, " ".join(span), " ".join([*span, "x"]))


LAYOUT_BUILDERS: dict[str, Builder] = {
    "ifbench/format:parentheses": parentheses,
    "ifbench/format:quotes": quotes,
    "ifbench/format:quote_unquote": quote_unquote,
    "ifbench/format:options": options,
    "ifbench/format:newline": newline,
    "ifbench/format:line_indent": line_indent,
    "ifbench/format:list": special_list,
    "ifbench/format:thesis": thesis,
    "ifbench/format:sub-bullets": sub_bullets,
    "ifbench/format:no_bullets_bullets": no_bullets_bullets,
    "ifbench/format:title_case": title_case,
    "ifbench/format:output_template": output_template,
    "ifbench/format:no_whitespace": no_whitespace,
    "ifbench/custom:csv_city": csv_city,
    "ifbench/custom:csv_special_character": csv_special_character,
    "ifbench/custom:csv_quotes": csv_quotes,
    "ifbench/custom:date_format_list": date_format_list,
    "ifbench/custom:european_capitals_sort": european_capitals,
    "ifbench/custom:mcq_count_length": mcq,
    "ifbench/custom:multiples": multiples,
    "ifbench/custom:reverse_newline": reverse_newline,
    "ifbench/custom:word_reverse": word_reverse,
    "ifbench/custom:character_reverse": character_reverse,
    "ifbench/repeat:repeat_change": repeat_change,
    "ifbench/repeat:repeat_simple": repeat_simple,
    "ifbench/repeat:repeat_span": repeat_span,
}
