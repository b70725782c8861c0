"""Word lists that tell an opening verb: verbs, those that are nouns as often, and what only looks like a form."""

from longplay.verifiers.lexicon import listed

VERBS = listed(
    """
    abandon abolish abridge absolve absorb abstain accelerate accept access accompany accomplish account accrue
    accuse achieve acknowledge acquaint acquire act activate adapt add address adhere adjourn adjust administer
    admire admit admonish adopt adore adorn advance advise affect affirm afford aggregate agree aid aim alert align
    alleviate allocate allow alter alternate amaze amend amplify amuse analyse analyze anchor annotate announce
    annoy answer anticipate apologize appear append applaud apply appoint appreciate apprehend approach approve
    argue arise arm arouse arrange arrest arrive ascend ascertain ask aspire assassinate assemble assert assess
    assign assist assume assure attach attack attain attempt attend attest attract audit avenge avert avoid await
    awaken award back bait bake balance ban banish baptize barter base bask bathe battle beam bear beat become
    befriend beg begin behave behold believe belittle belong bemoan bend benefit bet betray beware bewilder bicker
    bind bite blame blanch blast blaze bleed blend bless blink bloom blow blur board boast boil bolster bombard
    book boost borrow bother bounce brace brag braid brainstorm braise brandish break breathe brew bribe brighten
    bring broadcast browse bruise brush build bully bundle burn burst bury butter buy bypass cajole calculate
    calibrate call calm camp cancel capture care carpool carry carve cast catch categorize cater cause caution
    cease celebrate center challenge change channel chant charge chart chase chat check cheer cherish chew chide
    chill choose chop chuckle circulate cite claim clap clarify clasp classify clean clear clench click climb cling
    close clutch coach coax coerce coexist collaborate collapse collect collide color combat combine come
    commemorate commence commend commit communicate compare compensate compete compile complain complete compliment
    comply compose compost comprehend compress compute conceal concede conceive concentrate conclude condemn
    condense condone conduct confess confide confine confirm confront confuse congratulate conjure connect conquer
    conserve consider consist console conspire constrain construct consult consume contact contain contemplate
    contend contest continue contradict contrast contribute control convene converse convert convey convict
    convince cook cool coordinate cope copy correct cost counsel count counter cover crack craft crave crawl create
    criticise criticize cross crouch crown cruise crumble crunch crush cry cultivate cure curl curse curtail
    customize cut cycle dab dance dangle dare dash dazzle deal debate debug decay deceive decide decipher declare
    decline decode decompose decorate decrease decrypt dedicate deduce deepen defeat defend defer define defy
    degrade delay delegate delete deliver delve demand demolish demonstrate demote denote denounce deny depart
    depend depict deploy depress deprive derive descend describe deserve design desire despise destroy detach
    detain detect deter determine detest develop devise devote devour diagnose dictate die differ differentiate dig
    digest dilute dim diminish dine direct disable disagree disarm discard disclose discover discuss disguise
    disinfect dislike dismantle dismiss disobey dispatch disperse display dispose dispute disrupt dissect dissolve
    distill distinguish distort distract distribute disturb ditch dive diversify divert divide divorce do document
    dodge dominate donate doodle double doubt download draft drag drain drape draw dread dream drench dress drift
    drill drink drive drizzle drop drown dry duplicate dwell earn ease eat echo edit educate elaborate elapse elect
    elevate eliminate elope emanate embark embody embrace emerge emigrate emit empathize emphasize employ empower
    empty emulate enable enact enclose encounter encourage end endanger endorse endow endure enforce engage enhance
    enjoy enlist enrich enroll ensure entail entangle enter entertain entitle entrust envelop envision envy equate
    equip eradicate erase erect erode err erupt escalate escape escort establish estimate evacuate evade evaluate
    evaporate evict evoke evolve exaggerate examine excavate exceed excel exchange excite exclude excuse execute
    exercise exert exhale exhibit exile exist expand expect expedite expel experience experiment expire explain
    explode exploit explore export expose express extend exterminate extinguish extract fabricate face facilitate
    fade fail fake fall falter familiarize farm fascinate fasten fathom favor fear feature feed feel fetch fidget
    fight figure fill film filter finalize find fine finish fire fit fix flap flash flatten flatter flavor flee
    flinch fling flip flirt float flood flourish flow fluctuate flush flutter fly focus foil fold follow forage
    forbid force forecast forfeit forge forget forgive forgo form formalize formulate fortify foster fracture frame
    free freeze frolic frown fry fulfil fulfill fumble function fund fuse gain gallop gamble garden garnish gather
    gaze generalize generate get giggle give glance glare glaze gleam glide glimpse glitter glorify glow glue go
    gobble gossip govern grab grant grasp grate graze greet grieve grill grin grind grip groan groom grow grumble
    grunt guarantee guard guess guide gulp hack halt hammer hamper handle hang happen harass harbor harden harness
    harvest hatch hate haul haunt have heal hear heat help hesitate hibernate hide highlight hike hinder hint hire
    hit hoard hoist hold honor hop hope host hover howl hug hum humble humiliate hunch hunt hurry hurt hush
    hypothesize identify idle idolize ignite ignore illuminate illustrate imagine imitate immerse immigrate impact
    impair impersonate implement implore imply import impose impress imprison improve improvise incite incline
    include incorporate increase incur indent indicate induce indulge infer inflate inflict influence inform
    inhabit inhale inherit inhibit initiate inject injure innovate inquire inscribe insert insist inspect inspire
    install insulate insult insure integrate intend interact intercept interfere interpret interrogate interrupt
    intervene interview introduce intrude invent invest investigate invite invoke involve irritate isolate itch jam
    jog join jot journey judge juggle jumble jump justify keel keep kick kid kidnap kill kindle kiss knead kneel
    knit knock know label lack lament laminate land lash last laugh launch lay lead lean leap learn leave lecture
    legalize lend let leverage lick lie lift light lighten limit linger link list listen live load loan loathe
    locate lock log loiter look loosen lose love lower lull lunge lurk magnify mail maintain make malfunction
    manage mandate manipulate map march marinate mark market marry marvel massage master match materialize matter
    maximize mean measure mediate meditate meet melt memorize mend mention mentor merge merit migrate mimic mince
    mind mingle minimize mirror misplace miss mix moan mobilize model moderate modify moisturize mold monitor mop
    motivate mount mourn move mow muffle multiply mumble murmur muse nag nail nap narrate navigate neglect
    negotiate nestle nibble nod nominate normalize note notice notify nourish nudge nurse nurture obey oblige
    obscure observe obstruct obtain occupy occur offend offer omit ooze open operate oppose oppress opt optimize
    orchestrate order organise organize originate oust outdo outline outrun outweigh overcome overdo overhaul
    overlook oversee overthrow owe own pacify pack paddle paint pamper paraphrase park participate pass paste pat
    pause pave pay peek peel penalize penetrate perceive perch perfect perform perfume perish permit perplex
    persecute persist personalize personify persuade pester phone photograph pick pickle picture pierce pile pilot
    pinch pinpoint pioneer pity place plague plan plant play plead please pledge plot plow pluck plug plunder
    plunge poach point poke polish ponder pop populate portray pose position possess post postpone postulate pounce
    pour pout practice practise praise pray preach precede predict prefer prepare prescribe present preserve
    preside press presume pretend prevail prevent prick print prioritize probe proceed process procure produce
    program progress prohibit project prolong promise promote prompt pronounce propagate propel propose prosecute
    prosper protect prove provide provoke prowl prune pry publicize publish puff pull pulse pump puncture punish
    purchase purge purify pursue push put puzzle qualify quantify quarantine quarrel quench query question quicken
    quit quiver quote race raid rain raise rally ram rank ration rattle ravage reach react read realise realize
    reap reassure rebel rebuild recall recap recede receive recharge recite reckon reclaim recognise recognize
    recommend reconcile reconsider reconstruct record recover recruit recycle redeem redesign redo reduce refer
    refill refine reflect refrain refresh refuse refute regain regard register regret regulate rehearse reign
    reinforce reiterate reject rejoice relate relax release rely remain remember remind reminisce remove render
    renew renounce rent reopen repair repeat rephrase replace reply report represent reproach reproduce request
    require rescue research resemble reserve reshape resign resist resolve resort respect respond rest restore
    restrain restrict result resume resurrect retain retaliate rethink retire retort retrace retrieve return reveal
    revel revere reverse revert review revise revisit revolt revolutionize reward rewind rewrite rhyme ride rig
    ring rinse rip ripen rise risk roam roar roast rob roll romanticize rotate rouse rub ruin rumble run rush
    rustle sabotage sacrifice sail salute salvage sand satirize satisfy saturate saute save savor savour say scale
    scamper scan scare scatter scavenge schedule scold scoop scorch score scorn scour scout scramble scrape scratch
    scream scribble scroll scrub scrutinize sculpt search season secure seduce see seek seem segment seize select
    sell send sense separate serve set settle sew shake shape share sharpen shatter shave shed shelter shield shift
    shimmer shine ship shiver shoot shop shout shovel show shred shrink shrug shuffle shut sift sigh sign signal
    simmer simplify simulate sing sink sit situate sizzle sketch skim skip slam slap slash slaughter slay sleep
    slice slide slip slither slow smash smear smell smile smoke smother smuggle snap snatch sneak sneeze sniff
    snore snuggle soak soar sob socialize soften solve soothe sort sound spare spark sparkle spawn speak specialize
    specify speculate spell spend spice spill spin spiral splash splinter split sponsor spot spread sprinkle sprint
    sprout spy squash squeak squeeze squint stab stack stain stalk stall stammer stand staple stare start starve
    stash state stay steal steer step stick stimulate stir stitch stop store straighten strain strangle strategize
    streamline strengthen stress stretch strike strip strive stroke stroll structure struggle strut study stumble
    stun subdue submit subscribe substitute subtract succeed suck sue suffer suffocate suggest suit summarise
    summarize summon supervise supply support suppose surf surge surpass surprise surrender surround survey survive
    suspect suspend sustain swallow swap swarm sway swear sweat sweep swell swerve swim swing swirl switch
    symbolise symbolize sympathize synchronize synthesize tabulate tackle tag tailor take talk tame tangle
    tantalize tap target taste teach tear tease telephone tell tempt tend terminate terrify test testify thank thaw
    thicken think thrash thread threaten thrill thrive throb throw thwart tickle tidy tie tighten tilt tiptoe tire
    toast tolerate topple torment torture toss touch tour tow trace track trade train trample transcend transcribe
    transfer transfix transform translate transmit transplant transport trap travel traverse tread treasure treat
    tremble trespass trick trickle trigger trim triumph trot trudge trust try tuck tumble tune turn twinkle twirl
    twist twitch type typify uncover undergo underline undermine underscore understand undertake undo unearth
    unfold unify unite unleash unlock unravel untangle unveil unwind unwrap update upgrade uphold upload uproot
    urge use usher usurp utilise utilize utter vaccinate vacuum validate value vanish vanquish vary ventilate
    venture verbalize verify vibrate victimize view vilify violate visit visualise visualize vocalize voice
    volunteer vomit vote vow waddle waft wail wait waive wake walk wallow waltz wander wane want warm warn warp
    wash waste watch water wave wax weaken wear weave wed weep weigh welcome wheel whip whir whirl whisk whisper
    whistle widen wield wilt win wince wink winnow wipe wish withdraw wither withstand witness wonder work worry
    wrap wreck wrestle wriggle wring write yank yawn yearn yell yield zigzag zip zoom
    """
)

IRREGULAR = listed(
    """
    am are ate be been began begun being bent bit bitten blew blown born bought bound broke broken brought built
    burnt came caught chose chosen clung crept dealt did dies does doing done drank drawn drew driven drove dug
    dying eaten fallen fed fell felt fled flew flown forgave forgiven forgot forgotten fought found froze frozen
    gave given goes gone got gotten grew grown had has having heard held hid hidden hung is kept knelt knew known
    laid lain led left lent let lies lit lost lying made meant met paid ran rang ridden risen rode rose rung said
    sang sank sat saw seen sent shaken shone shook shot shown slain slept slew slid slung sold sought spent spoke
    spoken sprang spun stole stolen stood struck stuck sung sunk swam swept swore sworn swum swung taken taught
    thought threw thrown tied told took tore torn tying undergone understood was went were woke woken won wore worn
    wove woven written wrote
    """
)

ALSO_NOUNS = listed(
    """
    address aid alert answer approach attack audit award balance band base battle beam bear bet bill bloom board
    book border box branch break breeze bridge broadcast brush budget bundle call camp cap capture care cast catch
    cause center challenge change channel charge chart check claim class coach code color combat comment compost
    concern conduct contact content contract contrast control cook copy cost count cover craft credit cross cruise
    cure cut cycle dance date deal debate debut demand design desire detail diagram diet dinner display document
    draft dream dress drift drill drink drive echo effect end endeavor engineer envelope escape estimate exchange
    exercise exit experience experiment export express extract face factor farm favor fear feature field fight
    figure file film filter finish fire fish flash flavor flood flower focus force forecast form frame function
    fund garden gift glow grant grip group guarantee guard guide hand harbor harvest head heat help highlight hike
    hold honor hope host house hunt impact import increase index influence insert interest interview invite issue
    jam journey judge jump key kick label lack lake land laugh launch lead leap lecture level license light limit
    line link list load lock log look loop love mail map march mark market master match matter mean measure meet
    mention mentor milk mind mirror model monitor motion mount move name need nest network note notice number
    object offer order outline pace pack page paint pair panel park part party pass paste patch pattern pause pay
    people permit phase phone phrase picture pilot pin place plan plant plate play plot point poll pool position
    post pound power practice praise present press price print process produce profile program progress project
    promise prompt protest purchase push question queue race rain range rank rate reach record refuge regard
    release rent repair reply report request rescue research reserve respect rest result return review reward ride
    ring rise risk river rock role roll root round rule run rush sail sale sample scale scene schedule score scream
    screen seal search season seat section sense sentence shape share shift shine ship shock shop show sign signal
    silence site size sketch skill sleep slice slide smell smile smoke snow sound source space spark spell spin
    split sport spot spread spring stack staff stage stand star start state station stay step stitch stop store
    storm story strain stream stress stretch strike string strip structure struggle study style subject suit summer
    supply support surface surprise survey swap sweep swing switch table talk tap target task taste team tear test
    text theme thing thought time tip title toast tone tool tour trace track trade traffic train transfer transport
    trap travel treasure treat trend trial trick trigger trip triumph trouble trust try tune turn twist type use
    value view visit voice vote wait walk wall war wash waste watch water wave weather weight wind wish witness
    wonder word work worry
    """
)
"""Verbs that are nouns as often: they are names or labels where the next words say so."""

NO_FORMS = listed(
    """
    anything bed beijing biped bling boeing breed browning ceiling crooked darling deed dogged duckling during
    evening everything fred greed herring hundred indeed irving jagged kindred king kipling lightning morning naked
    nanjing need nothing offspring pudding red ring rugged sacred seed shed shilling sibling sing sled sling
    something speed spring steed sterling sting string ted thing viking wedding weed wicked wing wretched zed
    """
)
"""Words in -ing and -ed that are no forms of verbs."""
