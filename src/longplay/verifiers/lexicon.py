"""Word lists that the English checks share; must not know how they are used."""


def listed(words: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(words.split())


STOP_WORDS = listed(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves what which who whom this that these those am is are was were be
    been being have has had having do does did doing a an the and but if or because as until while of at by for with
    about against between into through during before after above below to from up down in out on off over under
    again further then once here there when where why how all any both each few more most other some such no nor not
    only own same so than too very s t can will just don should now d ll m o re ve y ain aren couldn didn doesn hadn
    hasn haven isn ma mightn mustn needn shan shouldn wasn weren won wouldn
    """
)
"""NLTK's English stop words as far as a run of letters can be one: don't counts as don and t."""

PRONOUNS = listed(
    """
    i me we us you he him she her it they them my mine our ours your yours his hers its their theirs myself
    ourselves yourself yourselves himself herself itself themselves this that these those who whom whose which what
    whoever whomever whatever whichever anybody anyone anything everybody everyone everything nobody nothing
    somebody someone something each either neither both all some any none
    """
)

CONJUNCTIONS = frozenset({"and", "but", "for", "nor", "or", "so", "yet"})

NAMES = listed(
    """
    Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander Amelia Benjamin
    Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel Ella Jacob Scarlett Nathan Victoria
    Elijah Layla Nicholas Audrey David Hannah Christopher Penelope Thomas Nora Andrew Aria Joseph Claire Ryan Stella
    Jonathan
    """
)
"""The names that the instruction itself lists."""

ABBREVIATIONS = listed(
    """
    c d e f g h k l m n p r s t v w adm ave bros cie co col corp cos dr ft gen inc jr lt ltd maj messrs mg mr mrs ms
    prof rep reps sen sr st vs yr jan feb aug sep sept oct nov dec tues wed fri a.d a.m p.m ph.d m.b.a d.c n.y n.j
    n.c s.c r.i n.d n.m l.a u.k u.n u.s u.s.a u.s.s.r w.va ala ariz calif colo conn fla ga ill kan ky mich minn nev
    okla ore pa tenn va vt wash wis a.c b.v d.w e.h f.j g.k h.f j.b j.c j.j j.k j.p j.r m.j r.j r.k t.j w.c w.w
    """
)
"""Words that a point after them does not end a sentence with, unless a word follows that opens one.

Punkt's choice, learned from a newspaper of 1987: it knows p.m. and Corp., but neither e.g. nor etc. nor no.
"""

SENTENCE_OPENERS = listed(
    """
    according although among both but despite even he however i if in indeed instead it many meanwhile moreover most
    nevertheless nonetheless nor sales separately similarly since so some the there these they this though thus
    under when while yet
    """
)

COMMON_WORDS = frozenset(word for word in STOP_WORDS if len(word) > 1) | listed(
    """
    according actually additionally afterwards almost along already also although always another anyway around away
    back besides beyond briefly certainly clearly consequently could currently despite early easily else especially
    eventually every everyone everything exactly finally first firstly fortunately generally hence her however
    imagine immediately importantly indeed instead later lastly let likewise many maybe meanwhile might moreover
    much must my naturally nearly never nevertheless next nobody none nonetheless nothing obviously occasionally
    often one ordinarily others otherwise our overall perhaps please possibly presumably previously probably quickly
    rather recently regardless remember second secondly separately several shall similarly simply since sometimes
    soon specifically still suddenly surely their therefore third though thus today together tomorrow traditionally
    typically ultimately unfortunately unless unlike unlikely upon usually whatever whenever wherever whether whose
    within without would yes yesterday yet your
    """
)
"""Words that are written small except where a sentence begins."""
