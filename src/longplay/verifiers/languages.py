"""Tells which language a text is in, from its script and its commonest words; must not know any check.

A script that one language uses decides by itself; among languages that share one, the words decide: each occurrence of
a language's little words counts for it, shared ones in shares. Time is linear in the text.
"""

import re
from collections import Counter
from collections.abc import Mapping

_SCRIPTS: Mapping[str, str] = {
    "latin": "a-z\xdf-\xf6\xf8-\u024f\u1e00-\u1eff",
    "cyrillic": "\u0400-\u052f",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "hebrew": "\u0590-\u05ff",
    "arabic": "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
    "devanagari": "\u0900-\u097f",
    "bengali": "\u0980-\u09ff",
    "gurmukhi": "\u0a00-\u0a7f",
    "gujarati": "\u0a80-\u0aff",
    "tamil": "\u0b80-\u0bff",
    "telugu": "\u0c00-\u0c7f",
    "kannada": "\u0c80-\u0cff",
    "malayalam": "\u0d00-\u0d7f",
    "thai": "\u0e00-\u0e7f",
    "hangul": "\u1100-\u11ff\uac00-\ud7af",
    "kana": "\u3040-\u30ff",
    "han": "\u4e00-\u9fff",
}
_LETTER_OF = {script: re.compile(f"[{span}]") for script, span in _SCRIPTS.items()}
_ALONE: Mapping[str, str] = {
    "greek": "el",
    "hebrew": "he",
    "bengali": "bn",
    "gurmukhi": "pa",
    "gujarati": "gu",
    "tamil": "ta",
    "telugu": "te",
    "kannada": "kn",
    "malayalam": "ml",
    "thai": "th",
    "hangul": "ko",
    "kana": "ja",
    "han": "zh",
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "latin": {
        "en": (
            "the of and to in is that it for was as with be by on not he i this are or his from at which but have "
            "an had they you were there one all we can her has their been if more when will would who so no what "
            "my your do"
        ),
        "es": (
            "el la de que y en los se del las un por con una su para es al lo como más pero sus le ya o este sí "
            "porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos está son fue "
            "era no mi"
        ),
        "pt": (
            "o a de que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua "
            "ou quando muito já está eu também só pelo pela até isso ela entre depois sem mesmo aos são foi é "
            "você ser"
        ),
        "fr": (
            "le la de et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec "
            "aux son cette ou mais comme nous vous leur elle été ses être je tout fait même ces si aussi d'un "
            "c'est l'on"
        ),
        "de": (
            "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden "
            "aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur "
            "oder aber ich wir"
        ),
        "it": (
            "di e che la il un a per in è una sono con non si da come del le al dei alla nel della più anche ma "
            "gli lo delle questo ha se o i io ci mi dalla degli essere loro tra perché quando sua suo ed nella "
            "molto tutto"
        ),
        "nl": (
            "de van een het en in is dat op te zijn met voor niet die aan er om dan zou of wat mijn men dit zo "
            "door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog "
            "wordt maar hij"
        ),
        "sv": (
            "och det att i en jag hon som han på den med var sig för så till är men ett om hade de av icke mig du "
            "henne då sin nu har inte hans honom skulle hennes där min man ej vid kunde något från ut när efter "
            "upp vi"
        ),
        "da": (
            "ved nogen noget også meget hvordan efter når uden "
            "og i jeg det at en den til er som på de med han af for ikke der var mig sig men et har om vi min "
            "havde ham hun nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil "
            "blev kunne"
        ),
        "no": (
            "noen noe også mye hvordan etter når uten "
            "og i jeg det at en et den til er som på de med han av ikke der så var meg seg men har om vi min mitt "
            "ha hadde hun nå over da ved fra du ut sin dem oss opp man kan hans hvor eller hva skal selv her alle "
            "vil ble"
        ),
        "fi": (
            "ja on ei se että olen oli ovat mutta tai kuin myös joka hän kun ole tämä sen voi mukaan jos niin ne "
            "siitä minä mitä sinä hänen olla sekä kuten jotka jonka vain nyt nämä sitä mikä minun voit tässä "
            "kaikki"
        ),
        "pl": (
            "i w nie na się z do to jest że a o jak ale po co tak za od jego był przez dla tylko czy jej być może "
            "już które który jako oraz są tym tego go ich mnie ze bardzo także jednak lub była gdy można"
        ),
        "cs": (
            "a je se v na to že s z do o i ve jsem ale jako by za po co tak k jeho pro byl jsou si nebo který jen "
            "od při také už které bylo jsme však když než být jejich může ze není která"
        ),
        "ro": (
            "și de a în la cu că o nu pe din este un se care mai sunt pentru să fi ca dar au prin sau lui ei era "
            "după fost acest această am ce îi fie între când numai foarte cele cel"
        ),
        "hu": (
            "a az és hogy nem is egy ez csak meg de van volt már mint vagy el még ha ki amely kell azt ezt akkor "
            "lehet mert fel minden után olyan azonban itt ami lesz nagyon aki sem"
        ),
        "tr": (
            "ve bir bu da de için ile çok o ne daha gibi olarak kadar sonra en ben var olan ama değil mi her şey "
            "ise biz sen ya ki onun olduğu tarafından göre ancak bazı büyük"
        ),
        "id": (
            "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena tersebut bisa ada "
            "mereka lebih kata tahun sudah atau saat oleh menjadi orang ia telah adalah seperti sebagai bahwa "
            "dapat para harus"
        ),
        "vi": (
            "và của là không có được cho một những người trong này với các để đã đến khi từ cũng như thể tôi bạn "
            "nhưng hay ra vào rất về sẽ nhiều trên lại năm làm đó hơn việc phải"
        ),
        "sw": (
            "ya na wa kwa ni katika la za cha hii kuwa pia lakini huu au kama yake watu sana zaidi hiyo mimi wewe "
            "si ambayo vya kila yangu wako hivyo baada yako ili kutoka wetu yetu huo hizi hayo tu bila nini "
            "wakati"
        ),
    },
    "cyrillic": {
        "ru": (
            "и в не на что он с как это по но из у за то от бы его о так же все ее было для вы мы только я их "
            "если или уже когда есть быть к который они был до чтобы также этот можно во со очень"
        ),
        "uk": (
            "і в не на що з та це як до у він за є від але про його й так для або ми вони був бути який якщо ще "
            "ви їх також було коли може всі щоб під при дуже ця цей"
        ),
        "bg": (
            "и на да се в от за е не че са с по като но това към или си ще до при той може през има след които "
            "който ги бе му тя те ние без която съм само много най със този тази беше"
        ),
    },
    "arabic": {
        "ar": (
            "في من على إلى أن عن مع هذا هذه التي الذي كان هو هي ما لا ذلك بين بعد قد كل لم أو ثم كما حيث إن لكن "
            "عند أنا نحن غير منذ يمكن خلال وقد أي هناك كانت يكون حتى"
        ),
        "fa": (
            "و در به از که این را با است آن برای یک تا بر هم نیز می شد ما بود خود شود شده من ها هر یا اما کرد "
            "دارد باید اگر همه کند باشد بسیار هستند آنها چه های بین پس"
        ),
        "ur": (
            "کے میں کی ہے اور سے کا کو اس ہیں کہ نے پر یہ ایک بھی تو کر جو ان نہیں تھا لیے ہو آپ وہ ہم گیا تھی "
            "رہے جا ہوتا اپنے کیا تک ساتھ بعد کچھ ہوئے"
        ),
    },
    "devanagari": {
        "hi": (
            "के में की है और से का को पर यह हैं एक भी ने कि तो इस कर जो नहीं लिए हो था आप वह अपने या जा थी रहे हम "
            "हुए साथ बाद कुछ तक किया होता करने मैं उस जब"
        ),
        "mr": (
            "आणि आहे या च्या ते मध्ये हे एक व तो ही होते की आहेत होता तर साठी पण नाही त्या मी हा झाले करून असे "
            "म्हणून केली किंवा होती केले काही त्यांच्या आपण आपल्या असते खूप मला जे"
        ),
        "ne": (
            "छ र को मा पनि लागि यो गर्न हो भएको छन् गरेको एक थियो ले हुन् गर्ने भने तर यस छैन उनी हामी गरी सबै "
            "तथा हुने हुन्छ धेरै आफ्नो म तपाईं भयो के भन्ने लाई बाट"
        ),
    },
}
_GREETINGS: Mapping[str, str] = {
    "en": ("hello hi good morning evening night friend friends world thank thanks welcome goodbye dear please yes"),
    "es": (
        "hola buenos buenas días tardes noches amigo amigos gracias adiós bienvenidos saludos mundo señor por favor"
    ),
    "pt": "olá bom boa dia tarde noite meu minha amigos obrigado obrigada tchau mundo bem-vindos senhor",
    "fr": (
        "bonjour bonsoir salut mes mon ma ami amis amie bonne nuit journée merci beaucoup revoir monde "
        "monsieur madame bienvenue tous"
    ),
    "de": (
        "guten tag morgen abend gute nacht mein meine freund freunde hallo danke schön welt willkommen servus "
        "grüß gott bitte ja"
    ),
    "it": (
        "ciao buongiorno buonasera buona notte tutti amico amici mio grazie mille mondo arrivederci benvenuti "
        "salve signore"
    ),
    "nl": ("hallo allemaal goedemorgen goedenavond goedendag dag vriend vrienden dank bedankt wereld welkom tot ziens"),
    "sv": "hej hejsan god morgon kväll alla tack mycket vän vänner världen välkommen välkomna kära",
    "da": "hej godmorgen goddag mange tak venner verden velkommen kære allesammen",
    "no": "hei god morgen kveld tusen takk venner verden velkommen kjære alle",
    "fi": "hei moi hyvää päivää huomenta iltaa yötä kiitos ystävä ystäväni ystävät maailma tervetuloa",
    "pl": "dzień dobry wieczór cześć witaj witam przyjaciele przyjacielu dziękuję świecie dobranoc",
    "cs": "dobrý den ahoj večer ráno přátelé příteli děkuji děkuju světe nashledanou vítejte",
    "ro": "bună ziua seara dimineața salut prieteni prietene mulțumesc lume noapte",
    "hu": "jó napot reggelt estét szia sziasztok barátom barátaim köszönöm világ üdvözlöm",
    "tr": ("merhaba dünya günaydın iyi günler akşamlar geceler arkadaşlar arkadaşım teşekkürler teşekkür ederim selam"),
    "id": "selamat pagi siang malam sore halo apa kabar teman terima kasih dunia",
    "vi": "xin chào cảm ơn các buổi sáng thế giới tạm biệt",
    "sw": "habari jambo karibu asante rafiki marafiki dunia asubuhi njema hujambo",
    "ru": "привет здравствуйте здравствуй доброе утро добрый день вечер мир друзья друг спасибо мои мой",
    "uk": "привіт доброго дня ранку вечора добрий день світ друзі друже дякую вітаю",
    "bg": "здравей здравейте добро утро добър ден вечер свят приятели приятелю благодаря",
    "ar": "مرحبا أهلا السلام عليكم صباح الخير مساء شكرا بالعالم العالم صديقي أصدقائي",
    "fa": "سلام درود صبح بخیر دنیا دوستان دوست ممنون متشکرم خداحافظ",
    "ur": "السلام علیکم شکریہ دنیا دوستو صبح خوش آمدید",
    "hi": "नमस्ते नमस्कार दुनिया दोस्तों दोस्त धन्यवाद शुभ मित्रों मित्र",
    "mr": "नमस्कार जग मित्रांनो मित्रा धन्यवाद सुप्रभात",
    "ne": "नमस्ते संसार साथीहरू साथी धन्यवाद शुभ प्रभात",
}
"""Words of greetings and thanks, by which a text of a few words is told where the commonest words tell nothing."""
_EDGES = (
    " \t\n\r.,;:!?\"'()[]{}<>*_#-\u2013\u2014\u2026\u00ab\u00bb\u201c\u201d\u2018\u2019\u060c\u061b\u061f\u06d4\u0964"
)


def _weights(languages: Mapping[str, str]) -> dict[str, list[tuple[str, float]]]:
    """word -> [(language, weight)]: a word that several languages share counts in equal shares."""
    found: dict[str, list[str]] = {}
    for language, words in languages.items():
        for word in dict.fromkeys(words.split()):
            found.setdefault(word, []).append(language)
    return {word: [(language, 1 / len(named)) for language in named] for word, named in found.items()}


_WEIGHTS = {script: _weights(languages) for script, languages in _WORDS.items()}
_GREETING_WEIGHTS = {
    script: _weights({code: f"{words} {_GREETINGS[code]}" for code, words in languages.items()})
    for script, languages in _WORDS.items()
}
_FEW = 8  # words of a text that greetings help to tell
LANGUAGES = frozenset(_ALONE.values()) | frozenset(code for group in _WORDS.values() for code in group)
"""The ISO 639-1 codes that can come out."""


def language(text: str) -> str | None:
    """The ISO 639-1 code of the text's main language, or None where too little of the text tells."""
    small = text.casefold()
    script = _main_script(small)
    if script is None or script in _ALONE:
        return None if script is None else _ALONE[script]
    found = Counter(run.strip(_EDGES) for run in small.split())
    greeted = _told(found, _GREETING_WEIGHTS[script]) if found.total() <= _FEW else None
    return greeted or _told(found, _WEIGHTS[script])


def _told(found: Counter[str], weights: Mapping[str, list[tuple[str, float]]]) -> str | None:
    """The language that the words speak for most; None where there is none, or two are level."""
    scores: dict[str, float] = {}
    for word, times in found.items():
        for code, weight in weights.get(word, ()):
            scores[code] = scores.get(code, 0.0) + times * weight
    best = sorted(scores.items(), key=lambda score: -score[1])[:2]
    return best[0][0] if best and (len(best) == 1 or best[0][1] > best[1][1]) else None


def _main_script(text: str) -> str | None:
    counts: Counter[str] = Counter()
    for char, times in Counter(text).items():
        script = next((name for name, letter in _LETTER_OF.items() if letter.match(char)), None)
        if script:
            counts[script] += times
    if counts["kana"] * 5 > counts["han"]:
        counts["kana"] += counts.pop("han", 0)  # Japanese writes with both
    script, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return script if 2 * most > sum(counts.values()) else None
