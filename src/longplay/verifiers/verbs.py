"""Tells whether an English sentence opens with a verb; must not know any check.

No tagger is at hand: a list of verbs, the rules of their forms, and a look at the next word, since water in "Water the
plants" is a verb and in "Water is life" it is not. Can, may, must and their like are no verbs here, as for the Penn
Treebank, whose tags the benchmark asks for.
"""

from collections.abc import Sequence

from longplay.verifiers.lexicon import listed

_VERBS = listed(
    """
    abandon absorb accelerate accept access accompany accomplish account achieve acknowledge acquire act activate
    adapt add address adjust admire admit adopt advance advise affirm agree aid aim alert align allocate allow alter
    amplify analyse analyze anchor announce answer anticipate apologize appear apply appoint appreciate approach
    approve argue arise arm arrange arrive ask aspire assemble assert assess assign assist assume assure attach
    attack attempt attend attract audit avoid await awaken back bake balance ban base battle beam bear beat become
    beg begin behave behold believe belong bend bet beware bind bite blame blast blaze bleed blend bless blink bloom
    blow board boil bolster book boost borrow bother bounce brace braid break breathe brew bring broadcast brush
    build burn burst bury buy bypass calculate call calm cancel capture care carry carve cast catch categorize cause
    caution cease celebrate center challenge change channel charge chart chase check cheer cherish chew choose chop
    cite claim clarify clasp classify clean clear click climb cling close coach collaborate collect color combat
    combine come commit communicate compare compete compile complain complete comply compose compute conceal
    conceive concentrate conclude conduct confess confine confirm confront congratulate connect conquer consider
    consist construct consult consume contact contain contemplate continue contrast contribute control convert
    convey convince cook cool cope copy correct cost count cover craft crave crawl create cross crush cry cultivate
    cure customize cut dance dare dash deal debate debug decide declare decline decode decorate decrease dedicate
    deepen defeat defend define delay delegate delete deliver delve demand demonstrate deny depart depend depict
    deploy derive describe deserve design desire destroy detect determine develop devise devote diagnose die differ
    differentiate dig digest diminish dine direct disable disagree discard discover discuss dismiss display dispute
    distinguish distribute dive diversify divide do document dominate donate double doubt download draft drag draw
    dream dress drift drink drive drop dry duplicate earn ease eat echo edit educate elaborate elect elevate
    eliminate embark embody embrace emerge emphasize employ empower empty enable enact encounter encourage end
    endure enforce engage enhance enjoy enlist enrich ensure enter entertain envision equip erase escape establish
    estimate evaluate evoke evolve examine exceed exchange excite exclude execute exercise exhale exhibit exist
    expand expect experience experiment explain explode exploit explore export expose express extend extract face
    facilitate fail fall fascinate fasten favor fear feature feed feel fetch fight figure fill film filter finalize
    find finish fire fit fix flash flee float flow fly focus fold follow force forecast forge forget forgive form
    formulate foster frame free freeze fulfil fulfill function fund gain gather gaze generate get give glance gleam
    glow go govern grab grant grasp greet grill grind grip grow guarantee guard guess guide halt handle hang happen
    harbor harness hate have heal hear heat help hesitate hide highlight hike hire hit hold honor hope host hug hum
    hunt hurry hurt identify ignite ignore illuminate illustrate imagine immerse impact implement imply import
    impose impress improve include incorporate increase indicate indulge infer influence inform inhale inherit
    initiate inject inquire insert insist inspect inspire install integrate intend interact interpret interview
    introduce invent invest investigate invite invoke involve isolate join journey judge jump justify keep kick kill
    kindle kiss knead kneel knit knock know label lack land last laugh launch lay lead lean leap learn leave lend
    let leverage lie lift light limit linger link list listen live load locate lock log look lose love lower
    maintain make manage manipulate map march mark market marry marvel master match matter maximize mean measure
    mediate meditate meet melt mend mention merge migrate mind minimize mirror miss mix model modify monitor mount
    mourn move multiply navigate neglect negotiate nominate note notice notify nourish nurture obey observe obtain
    occupy occur offer omit open operate oppose opt optimize orchestrate order organise organize originate outline
    overcome overlook owe own pack paint park participate pass paste pause pay peel perceive perform permit persist
    persuade pick picture place plan plant play plead please plot plug plunge point polish ponder pop portray pose
    position possess post postpone pour practice practise praise pray predict prefer prepare present preserve press
    pretend prevail prevent print prioritize proceed process procure produce program progress prohibit project
    promise promote prompt pronounce propel propose protect prove provide publish pull pulse pump punish purchase
    pursue push put qualify quantify question quit quote race rain raise rank reach react read realise realize reap
    rebuild recall receive recite recognise recognize recommend reconsider record recover recruit recycle redesign
    reduce refer reflect refrain refresh refuse regain regard register regret regulate reinforce reject rejoice
    relate relax release rely remain remember remind remove render renew rent repair repeat replace reply report
    represent reproduce request require rescue research resemble reserve reshape resist resolve respect respond rest
    restore restrict result resume retain rethink retire retrieve return reveal reverse review revise revisit
    revolutionize reward ride ring rise risk roam roar roast roll rotate run rush sail save savor savour say scale
    scan scatter schedule scream search secure see seek seem seize select sell send sense separate serve set settle
    sew shake shape share sharpen shatter shave shift shine ship shoot shop shout show shut sign signal simmer
    simplify simulate sing sink sit skip slay sleep slice slide slip slow smash smell smile smoke soar solve sort
    sound spark speak specialize specify spell spend spin split spot spread sprinkle squeeze stack stand start state
    stay steal steer step stick stimulate stir stop store strain strategize streamline strengthen stress stretch
    strike strip strive struggle study submit subscribe substitute succeed suffer suggest suit summarise summarize
    summon supervise supply support suppose surf surpass surprise surrender surround survey survive suspect suspend
    sustain swallow swap sway swear sweat sweep swim swing switch symbolize synthesize tackle tag tailor take talk
    tame tap target taste teach tear tell tempt tend terminate test thank think thread threaten thrive throw tie
    tilt toast toss touch tour trace track trade train transcend transfer transform translate transmit transport
    trap travel traverse treasure treat trigger trim triumph trust try tune turn twist type uncover undergo
    understand undertake unfold unify unite unleash unlock unravel untangle unveil update upgrade uphold upload urge
    use utilise utilize validate value vanish vary venture verify view visit visualise visualize voice volunteer
    vote vow wait wake walk wander want warm warn wash waste watch water wave weaken wear weave weep weigh welcome
    whip whir whirl whisk whisper whistle widen win wipe wish withdraw withstand witness wonder work worry wrap
    wrestle write yearn yell yield zoom
    """
)
_IRREGULAR = listed(
    """
    be am is are was were been being has had having does did done doing goes went gone ate eaten began begun bent
    bit bitten blew blown born bought bound broke broken brought built burnt came caught chose chosen clung crept
    dealt drank drawn drew driven drove dug fallen fed fell felt fled flew flown forgot forgotten forgave forgiven
    fought found froze frozen gave given got gotten grew grown heard held hid hidden hung kept knelt knew known laid
    lain led left lent let lit lost made meant met paid ran rang ridden risen rode rose rung said sang sank sat saw seen
    sent shaken shone shook shot shown slain slept slew slid slung sold sought spent spoke spoken sprang spun stolen
    stole stood struck stuck sung sunk swam swept swore sworn swum swung taken taught thought threw thrown told took
    tore torn understood undergone woke woken won wore worn wove woven wrote written lies lying dies dying tied
    tying
    """
)
_NOUN_BEFORE = frozenset(
    {"is", "are", "was", "were", "has", "of", "'s", "will", "would", "can", "could", "may", "might"}
)
_VOWELS = frozenset("aeiou")


def opens_with_verb(tokens: Sequence[str]) -> bool:
    """Whether the first of a sentence's tokens is a verb in any form: build, builds, built, building."""
    if not tokens:
        return False
    word = tokens[0].lower()
    if word in _IRREGULAR or (word.endswith(("ing", "ed")) and not _stems(word).isdisjoint(_VERBS)):
        return True
    named = len(tokens) > 1 and tokens[1].lower() in _NOUN_BEFORE
    return not named and not _stems(word).isdisjoint(_VERBS)


def _stems(word: str) -> set[str]:
    """What the word could be a form of, itself included."""
    found = {word}
    for ending in ("s", "es", "ed", "d", "ing"):
        stem = word.removesuffix(ending)
        if stem == word:
            continue
        found |= {stem, stem + "e"} if ending == "ing" else {stem}
        if ending in {"es", "ed"} and stem.endswith("i"):
            found.add(stem[:-1] + "y")  # carries, carried
        if ending in {"ed", "ing"} and len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in _VOWELS:
            found.add(stem[:-1])  # stopped, stopping
    return found
