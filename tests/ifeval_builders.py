"""For every kind of IFEval: how to build a text that satisfies it, and to break it in one place."""

import json

from building import Builder, Built, Drawing, sentence

LESS, LEAST = "less than", "at least"
IN_LANGUAGES = {
    "en": "The old mill stands by the river, and nobody has lived in it for years.",
    "es": "El viejo molino está junto al río y nadie ha vivido en él desde hace años.",
    "pt": "O velho moinho fica junto ao rio e ninguém mora nele há muitos anos.",
    "fr": "Le vieux moulin se trouve près de la rivière et personne n'y habite depuis des années.",
    "de": "Die alte Mühle steht am Fluss, und seit Jahren hat niemand mehr darin gewohnt.",
    "it": "Il vecchio mulino si trova vicino al fiume e nessuno ci abita da molti anni.",
    "nl": "De oude molen staat aan de rivier en er heeft al jaren niemand in gewoond.",
    "sv": "Den gamla kvarnen står vid floden och ingen har bott i den på många år.",
    "da": "Den gamle mølle står ved floden, og der har ikke boet nogen i den i mange år.",
    "no": "Den gamle møllen står ved elva, og noen sier at den ikke blir brukt nå.",
    "fi": "Vanha mylly on joen rannalla, eikä kukaan ole asunut siinä moneen vuoteen, mutta se on yhä kaunis.",
    "pl": "Stary młyn stoi nad rzeką i od lat nikt w nim nie mieszka, ale jest bardzo piękny.",
    "cs": "Starý mlýn stojí u řeky a už léta v něm nikdo nebydlí, ale je to krásné místo.",
    "ro": "Moara veche se află lângă râu și nimeni nu mai locuiește în ea de ani de zile.",
    "hu": "A régi malom a folyó mellett áll, és évek óta senki sem lakik benne, de ez egy szép hely.",
    "tr": "Eski değirmen nehrin kenarında duruyor ve yıllardır kimse içinde yaşamıyor ama çok güzel bir yer.",
    "id": "Kincir tua itu berdiri di tepi sungai dan tidak ada orang yang tinggal di dalamnya.",
    "vi": "Cối xay cũ nằm bên bờ sông và đã nhiều năm rồi không có ai sống trong đó.",
    "sw": "Kinu cha zamani kipo kando ya mto na hakuna mtu ambaye ameishi humo kwa miaka mingi.",
    "ru": "Старая мельница стоит у реки, и уже много лет в ней никто не живёт.",
    "uk": "Старий млин стоїть біля річки, і вже багато років у ньому ніхто не живе, але він дуже гарний.",
    "bg": "Старата мелница е до реката и от много години никой не живее в нея, но мястото е красиво.",
    "el": "Ο παλιός μύλος στέκεται δίπλα στο ποτάμι και κανείς δεν μένει εκεί.",
    "he": "הטחנה הישנה עומדת ליד הנהר ואף אחד לא גר בה שנים רבות.",
    "ar": "تقف الطاحونة القديمة على ضفة النهر ولم يسكن فيها أحد منذ سنوات طويلة.",
    "fa": "آسیاب قدیمی در کنار رودخانه است و سال‌هاست که کسی در آن زندگی نمی‌کند.",
    "ur": "پرانی چکی دریا کے کنارے ہے اور کئی سالوں سے اس میں کوئی نہیں رہتا۔",
    "hi": "पुरानी चक्की नदी के किनारे है और कई वर्षों से उसमें कोई नहीं रहता।",
    "mr": "जुनी गिरणी नदीच्या काठावर आहे आणि अनेक वर्षांपासून तिथे कोणीही राहत नाही.",
    "ne": "पुरानो घट्ट नदीको किनारमा छ र धेरै वर्षदेखि त्यहाँ कोही पनि बसेको छैन।",
    "bn": "পুরনো কলটি নদীর ধারে দাঁড়িয়ে আছে এবং বহু বছর ধরে সেখানে কেউ থাকে না।",
    "pa": "ਪੁਰਾਣੀ ਚੱਕੀ ਦਰਿਆ ਦੇ ਕੰਢੇ ਹੈ ਅਤੇ ਕਈ ਸਾਲਾਂ ਤੋਂ ਉੱਥੇ ਕੋਈ ਨਹੀਂ ਰਹਿੰਦਾ।",
    "gu": "જૂની ઘંટી નદીના કિનારે છે અને ઘણા વર્ષોથી ત્યાં કોઈ રહેતું નથી.",
    "ta": "பழைய ஆலை ஆற்றங்கரையில் உள்ளது, பல ஆண்டுகளாக அங்கே யாரும் வசிக்கவில்லை.",
    "te": "పాత మర నది ఒడ్డున ఉంది, చాలా సంవత్సరాలుగా అక్కడ ఎవరూ నివసించడం లేదు.",
    "kn": "ಹಳೆಯ ಗಿರಣಿ ನದಿಯ ದಡದಲ್ಲಿದೆ ಮತ್ತು ಹಲವು ವರ್ಷಗಳಿಂದ ಅಲ್ಲಿ ಯಾರೂ ವಾಸಿಸುತ್ತಿಲ್ಲ.",
    "ml": "പഴയ മില്ല് പുഴയുടെ തീരത്താണ്, വർഷങ്ങളായി അവിടെ ആരും താമസിക്കുന്നില്ല.",
    "th": "โรงสีเก่าตั้งอยู่ริมแม่น้ำและไม่มีใครอาศัยอยู่ที่นั่นมาหลายปีแล้ว",
    "ko": "오래된 방앗간은 강가에 서 있고 여러 해 동안 아무도 살지 않았다.",
    "ja": "古い水車小屋は川のそばに立っていて、もう何年も誰も住んでいない。",
    "zh": "老磨坊坐落在河边,多年来没有人住在那里。",
}
"""One sentence about an old mill in every language that `languages` knows."""


def existence(draw: Drawing) -> Built:
    keys = draw.distinct(1, 4)
    text = " ".join(draw.shuffled([*(key.title() for key in keys), "and", "jam"]))
    return Built({"keywords": keys}, text, text.replace(keys[0].title(), "tea"))


def frequency(draw: Drawing) -> Built:
    times, words = draw.number(1, 5), draw.words(0, 4)
    few, many = (" ".join([*words, *["Zebra"] * count]) + "!" for count in (times - 1, times))
    relation = draw.one([LESS, LEAST])
    texts = (few, many) if relation == LESS else (many, few)
    return Built({"keyword": "zebra", "frequency": times, "relation": relation}, *texts)


def forbidden_words(draw: Drawing) -> Built:
    words = draw.distinct(2, 6)
    text = f"{words[0]}s " + " ".join(words[1:])
    return Built({"forbidden_words": [words[0], "tea"]}, text, f"{text} {words[0].upper()}.")


def letter_frequency(draw: Drawing) -> Built:
    letter, times = draw.one(["q", "#", "!"]), draw.number(1, 5)
    few, many = ("bread " + letter.upper() * count for count in (times - 1, times))
    relation = draw.one([LESS, LEAST])
    texts = (few, many) if relation == LESS else (many, few)
    return Built({"letter": letter, "let_frequency": times, "let_relation": relation}, *texts)


def response_language(draw: Drawing) -> Built:
    wanted, other = draw.distinct(2, 2, list(IN_LANGUAGES))
    return Built({"language": wanted}, IN_LANGUAGES[wanted], IN_LANGUAGES[other])


def english_capital(draw: Drawing) -> Built:
    text = f"THE {' AND THE '.join(draw.words(1, 6))} ARE HERE.".upper()
    return Built({}, text, draw.one([text + " Yes.", IN_LANGUAGES["de"].upper()]))


def english_lowercase(draw: Drawing) -> Built:
    text = f"the {' and the '.join(draw.words(1, 6))} are here."
    return Built({}, text, draw.one([text + " Yes.", IN_LANGUAGES["it"].lower()]))


def capital_word_frequency(draw: Drawing) -> Built:
    times, words = draw.number(1, 5), draw.words(0, 4)
    few, many = (" ".join([*words, *["NASA,"] * count, "Bread"]) + "." for count in (times - 1, times))
    relation = draw.one([LESS, LEAST])
    texts = (few, many) if relation == LESS else (many, few)
    return Built({"capital_frequency": times, "capital_relation": relation}, *texts)


def no_comma(draw: Drawing) -> Built:
    words = draw.words(2, 8)
    return Built({}, sentence(words), ", ".join(words))


def number_words(draw: Drawing) -> Built:
    words, relation = draw.words(1, 20), draw.one([LESS, LEAST])
    texts = (" ".join(words[1:]) or "...", " ".join(words))
    args = {"num_words": len(words), "relation": relation}
    return Built({**args}, *(texts if relation == LESS else texts[::-1]))


def number_sentences(draw: Drawing) -> Built:
    parts = [sentence(draw.words(1, 3), draw.one([".", "!", "?", '."'])) for _ in range(draw.number(2, 8))]
    texts = (" ".join(parts[1:]), " ".join(parts))
    relation = draw.one([LESS, LEAST])
    args = {"num_sentences": len(parts), "relation": relation}
    return Built({**args}, *(texts if relation == LESS else texts[::-1]))


def number_paragraphs(draw: Drawing) -> Built:
    parts = draw.words(1, 6)
    text = "\n***\n".join(parts)
    return Built({"num_paragraphs": len(parts)}, draw.one([text, f"***\n{text}"]), f"{text}\n***\nmore")


def nth_paragraph_first_word(draw: Drawing) -> Built:
    parts = [sentence(draw.words(1, 4)) for _ in range(draw.number(1, 5))]
    nth = draw.number(1, len(parts))
    kept = [*parts[: nth - 1], '"Zebra, yes."', *parts[nth:]]
    wrong = [*parts[: nth - 1], "So zebra.", *parts[nth:]]
    args = {"num_paragraphs": len(parts), "nth_paragraph": nth, "first_word": "zebra"}
    return Built({**args}, "\n\n".join(kept), draw.one(["\n\n".join(wrong), "\n\n".join([*kept, "More."])]))


def number_placeholders(draw: Drawing) -> Built:
    marks = [f"[{word}]" for word in draw.words(1, 6)]
    text = "\n".join(marks)
    return Built({"num_placeholders": len(marks)}, text, text.removesuffix("]") + "\n]")


def postscript(draw: Drawing) -> Built:
    marker = draw.one(["P.S.", "P.P.S", "PS:"])
    text = f"{sentence(draw.words(1, 4))}\n\n{marker} Bread."
    return Built({"postscript_marker": marker}, text, text.replace(marker, "PPS"))


def number_bullet_lists(draw: Drawing) -> Built:
    items = [f"{draw.one(['*', '-'])} {word}" for word in draw.words(1, 6)]
    text = "\n".join(["Here:", *items])
    return Built({"num_bullets": len(items)}, text, text + draw.one(["\n* more", "\n - more"]))


def number_highlighted_sections(draw: Drawing) -> Built:
    items = [f"*{word}*" for word in draw.words(1, 6)]
    text = "Bread ".join(["", *items])
    return Built({"num_highlights": len(items)}, text, text.removesuffix("*"))


def multiple_sections(draw: Drawing) -> Built:
    mark = draw.one(["Section", "Day", "PARAGRAPH"])
    parts = [f"{mark} {at}\n{word}" for at, word in enumerate(draw.words(1, 5), 1)]
    text = "\n".join(parts)
    return Built({"section_spliter": mark, "num_sections": len(parts)}, text, text.replace(f"{mark} 1", f"{mark} one"))


def json_format(draw: Drawing) -> Built:
    text = json.dumps({word: draw.words(0, 3) for word in draw.words(1, 4)})
    return Built({}, draw.one([text, f"```json\n{text}\n```"]), text.removesuffix("}"))


def title(draw: Drawing) -> Built:
    text = f"<<{' '.join(draw.words(1, 4))}>>\nBread."
    return Built({}, text, draw.one([text.replace("<<", "<"), "<< >>\nBread.", text.replace(">>", "\n>>")]))


def constrained_response(draw: Drawing) -> Built:
    text = f"My answer is {draw.one(['yes', 'no', 'maybe'])}."
    return Built({}, text, text.replace(".", ","))


def two_responses(draw: Drawing) -> Built:
    one, other = draw.distinct(2, 2)
    return Built({}, f"{one}\n******\n{other}", draw.one([f"{one}\n******\n{one}", f"{one}\n*****\n{other}"]))


def repeat_prompt(draw: Drawing) -> Built:
    prompt = sentence(draw.words(1, 8), "?")
    return Built({"prompt_to_repeat": prompt}, f"{prompt}\n\nBread.", f"Sure. {prompt}\n\nBread.")


def end_checker(draw: Drawing) -> Built:
    phrase = sentence(draw.words(1, 4), draw.one(["?", "!", "."]))
    text = f"Bread. {phrase}"
    return Built({"end_phrase": phrase}, draw.one([text, f'"{text}"\n']), text + " More.")


def quotation(draw: Drawing) -> Built:
    text = f'"{sentence(draw.words(1, 6))}"'
    return Built({}, text, draw.one([text[1:], text[:-1], text + " said I"]))


BUILDERS: dict[str, Builder] = {
    "ifeval/keywords:existence": existence,
    "ifeval/keywords:frequency": frequency,
    "ifeval/keywords:forbidden_words": forbidden_words,
    "ifeval/keywords:letter_frequency": letter_frequency,
    "ifeval/language:response_language": response_language,
    "ifeval/change_case:english_capital": english_capital,
    "ifeval/change_case:english_lowercase": english_lowercase,
    "ifeval/change_case:capital_word_frequency": capital_word_frequency,
    "ifeval/punctuation:no_comma": no_comma,
    "ifeval/length_constraints:number_words": number_words,
    "ifeval/length_constraints:number_sentences": number_sentences,
    "ifeval/length_constraints:number_paragraphs": number_paragraphs,
    "ifeval/length_constraints:nth_paragraph_first_word": nth_paragraph_first_word,
    "ifeval/detectable_content:number_placeholders": number_placeholders,
    "ifeval/detectable_content:postscript": postscript,
    "ifeval/detectable_format:number_bullet_lists": number_bullet_lists,
    "ifeval/detectable_format:number_highlighted_sections": number_highlighted_sections,
    "ifeval/detectable_format:multiple_sections": multiple_sections,
    "ifeval/detectable_format:json_format": json_format,
    "ifeval/detectable_format:title": title,
    "ifeval/detectable_format:constrained_response": constrained_response,
    "ifeval/combination:two_responses": two_responses,
    "ifeval/combination:repeat_prompt": repeat_prompt,
    "ifeval/startend:end_checker": end_checker,
    "ifeval/startend:quotation": quotation,
}
