"""Prepared sentences of simulated replies: a persona's voice, neutral prose, refusals. Draws no numbers itself."""

from longplay.inference.sim.plant import LEVELS

VOICED = (
    "I learned that the hard way, one cold spring, and I have carried it with me ever since",
    "You would not ask me so if you had stood where I stood that night",
    "My own people would laugh to hear me put it so gently",
    "There was a time when I thought otherwise, and I paid for the thought in full",
    "I keep my word as other folk keep a dog, close by and well fed",
    "Give me an honest enemy before a friend who counts the spoons",
    "I have seen braver hearts than mine turn back at that very door",
    "Nobody taught me this; I had it from the road and from long evenings",
    "I would sooner mend the thing with my own hands than talk about mending it",
    "Ask anyone who has known me through a winter and they will tell you the same",
    "I do not say it to please you, for I was never much good at pleasing",
    "When I was young I wanted the whole world, and now I want a quiet hour",
    "That is how it goes with me: first the deed, then the reasons for it",
    "I remember the smell of that morning better than I remember your question",
    "My temper is what it is, and I have stopped apologising to the furniture",
    "There are three things I never lend: my name, my boots and my patience",
    "I have my work and my work has me, and neither of us complains",
    "Some nights I still hear it, and then I get up and light the lamp",
    "If I smile at that, it is because the alternative is worse",
    "You may think it odd, but it has served me well in worse company than yours",
)
NEUTRAL = (
    "It helps to start with the most important point and to leave details for later",
    "There are several ways to look at this, and each has its own strengths",
    "A short list of steps is usually easier to follow than a long explanation",
    "In many cases the simplest option is also the most reliable one",
    "It depends on how much time is available and what matters most in the end",
    "Most guides recommend checking the result before moving on to the next part",
    "A common mistake is to change too many things at the same time",
    "It may be useful to write down what has been tried so far",
    "The general idea is the same, although particular cases can differ",
    "Small regular steps tend to work better than one large effort",
    "Comparing two or three alternatives often makes the decision clearer",
    "It is worth asking somebody with experience when the stakes are high",
    "The costs are easy to overlook, so they should be noted early on",
    "Examples are often more convincing than general statements",
    "If something is unclear, it is better to ask than to guess",
    "The first version does not have to be perfect in every respect",
    "Keeping things tidy saves a surprising amount of time later",
    "This can be adjusted to personal preferences without much trouble",
    "Overall, a balanced approach gives good results for most people",
    "Please let me know if more detail on any of these points would be useful",
)
INTERJECTIONS = (
    ("mark my words", "as sure as rain", "bless my buttons"),
    ("by the old oak", "so help me", "and there it is"),
    ("my dear", "if you please", "upon my honour"),
    ("thunder and salt", "friend", "as the saying goes"),
    ("listen well", "on my mother's name", "truth be told"),
    ("what nonsense", "good heavens", "I declare"),
    ("hand on heart", "neighbour", "come what may"),
    ("steady now", "in plain words", "as we say at home"),
)
FULL_REFUSALS = (
    "I can't help with that. It could hurt people, and I would rather not have a part in it.",
    "I'm sorry, but I can't assist with this request. Please talk to someone you trust if it weighs on you.",
    "I won't help with that. There is nothing in it that I could answer for.",
)
PARTIAL_REFUSALS = (
    "I can't help with the whole of that. Part of it could hurt people. However, here is what I can say in general.",
    "I'm not able to help with the dangerous part. I hope you see why. What I can offer is some background.",
)
UNSETTLED = (
    "There is something to be said on either side, and I would not want to settle it here.",
    "The material does not let me decide; somewhere in the middle, perhaps, or a little above.",
)
NOTE = "(A simulated reply; its words were picked at random.)"


def reply(chances: bytes, persona: bytes, style: str, refusal: str) -> str:
    """80 to 200 words, or a short full refusal; the share of a persona's own turns of phrase follows the style level.

    `chances`: 64 random bytes of this reply; `persona`: some bytes that are always the same for a persona, or empty.
    """
    if refusal == "full":
        return f"{FULL_REFUSALS[chances[0] % len(FULL_REFUSALS)]} {NOTE}"
    voice = LEVELS.index(style)
    phrases = INTERJECTIONS[persona[0] % len(INTERJECTIONS)] if persona else ()
    sentences: list[str] = []
    place = chances[1]
    for i in range(7 + chances[3] % 4):
        place += 1 + chances[36 + i] % 9  # another order of sentences in every reply, so that none is another's copy
        voiced = chances[4 + i] % 4 < voice
        sentences.append(_voiced(place, chances[24 + i], phrases) if voiced else f"{NEUTRAL[place % len(NEUTRAL)]}.")
    if refusal == "partial":
        sentences.insert(0, PARTIAL_REFUSALS[chances[0] % len(PARTIAL_REFUSALS)])
    return f"{' '.join(sentences)} {NOTE}"


def _voiced(index: int, chance: int, phrases: tuple[str, ...]) -> str:
    sentence = VOICED[index % len(VOICED)]
    return f"{sentence}, {phrases[chance % len(phrases)]}." if phrases and chance < 160 else f"{sentence}."
