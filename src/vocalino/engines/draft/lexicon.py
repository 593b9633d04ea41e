"""What words of a direction mean to the draft cast.

Patterns are separated by commas; `*` stands for any ending, several words make a phrase (articles
and possessives between them don't count: "raises his voice" is found by "rais* voice"). Values
are those of `acting.Acting`; they were set by ear and by measure on espeak-ng.
"""

from __future__ import annotations

from vocalino.engines.draft.acting import Acting as A

GRADED: dict[str, A] = {
    # Scales with two ends: "not fast" is a little slow.
    "fast*, quick*, rapid*, swift*, brisk*, speedy, speed* up": A(rate=0.45, pause=-0.4),
    "slow*, slow* down": A(rate=-0.45, pause=0.4),
    "loud*, rais* voice, rais* volume, full volume": A(
        level_db=6.0, effort=0.45, pitch=0.8, attack=0.2
    ),
    "quiet*, soft*, low volume, lower* volume, under breath": A(
        level_db=-6.0, effort=-0.45, breath=0.15
    ),
    "high*, high pitch*, higher pitch*, rais* pitch, shrill*, squeak*": A(pitch=4.0),
    "low*, low pitch*, lower* pitch*, lower* register": A(pitch=-3.5),
    "monoton*, flat*, deadpan, toneless, expressionless": A(range=-2.2),
    "expressive*, animated*, lively, melodic*, sing song, singsong, inflected, varied": A(
        range=0.65
    ),
    "long pause*, long silence*, dramatic pause*, paus*": A(pause=1.0),
    "short pause*": A(pause=-0.8),
}

EMOTIONS: dict[str, A] = {
    # anger
    "angr*, anger*, mad": A(0.15, -0.3, 0.45, 1.5, 4.0, 0.6, attack=0.5, jitter=0.15),
    "furious*, fury, rage*, raging, enrag*, livid, irate, wrath*, outrag*, seething": A(
        0.22, -0.4, 0.6, 2.5, 6.0, 0.9, attack=0.8, jitter=0.25
    ),
    "irritat*, annoy*, impatien*, exasperat*, frustrat*, grump*, cranky, snapp*, indignan*": A(
        0.16, -0.3, 0.25, 0.6, 2.0, 0.35, attack=0.4
    ),
    "threat*, menac*, hostil*, sinister*, evil, villain*, cruel*, vicious*, ruthless*": A(
        -0.18, 0.4, -0.3, -2.0, -1.0, 0.15, creak=0.3, smile=-0.5, attack=0.3
    ),
    "bitter*, contempt*, disdain*, scorn*, resent*, spite*, sneer*": A(
        -0.12, 0.1, 0.1, -1.0, 0.0, 0.15, creak=0.3, smile=-0.3
    ),
    "sarcas*, ironic*, irony, sardonic*, wry*, mock*, dry*": A(-0.16, 0.2, 0.45, -0.4, creak=0.15),
    "disgust*, revolt*, repuls*, revulsion": A(-0.15, 0.1, 0.2, -1.0, 0.0, 0.2, creak=0.35),
    "jealous*, envious*, envy": A(0.0, 0.0, 0.2, -0.5, 0.0, 0.25, jitter=0.15),
    # sadness
    "sad*, unhapp*, sorrow*, mourn*, gloom*, miserabl*, down, dejected*, depress*": A(
        -0.28, 0.5, -0.55, -1.5, -4.0, -0.35, breath=0.3, smile=-0.4
    ),
    "heartbr*, heartbroken, broken heart*, grief*, griev*, devastat*, distraught, broken, "
    "anguish*": A(-0.3, 0.8, -0.15, -0.5, -3.5, -0.3, breath=0.4, tremor=0.6, jitter=0.3),
    "cry*, cri*, tear*, weep*, wept, sob*, close to tears, verge of tears, choked up": A(
        -0.18, 0.6, 0.1, 1.0, -2.0, -0.1, breath=0.4, tremor=0.6, jitter=0.35, creak=0.15
    ),
    "melanchol*, wistful*, nostalgi*, longing*, yearn*, lonel*, pensive*, plaintive*, "
    "bittersweet": A(-0.22, 0.4, -0.3, -0.8, -3.0, -0.25, breath=0.35),
    "hopeless*, despair*, resign*, defeat*, dismal*, bleak*, given up": A(
        -0.3, 0.6, -0.8, -2.0, -4.0, -0.4, breath=0.25, creak=0.25
    ),
    "disappoint*, let down, regret*": A(-0.2, 0.3, -0.35, -1.2, -2.0, -0.25, breath=0.2),
    "guilt*, asham*, remorse*, apologetic*, apolog*, sorry, sheepish*, embarrass*": A(
        -0.15, 0.4, -0.35, -0.6, -4.0, -0.35, breath=0.25, jitter=0.1
    ),
    # tiredness
    "tired*, exhaust*, weary, wearily, weariness, fatigue*, sleep*, drows*, drained, "
    "worn out, low energy, letharg*": A(-0.36, 0.7, -0.7, -2.0, -5.0, -0.5, breath=0.35, creak=0.3),
    "bored*, boring, boredom, uninterest*, listless*": A(
        -0.25, 0.3, -1.0, -1.5, -2.0, -0.25, creak=0.2
    ),
    "sick*, weak*, frail*, feeble*, dying, faint*, ill": A(
        -0.3, 0.8, -0.4, -0.5, -6.0, -0.5, breath=0.5, tremor=0.3, creak=0.3
    ),
    "drunk*, slurr*, tipsy": A(-0.28, 0.3, 0.3, -0.8, 0.0, -0.1, jitter=0.35, creak=0.2),
    # joy
    "happ*, cheer*, joy*, glad*, merr*, delight*, pleased, jolly, upbeat, sunny, beaming": A(
        0.12, -0.2, 0.45, 2.0, 2.0, 0.2, smile=0.8
    ),
    "elat*, ecsta*, thrill*, overjoy*, euphori*, jubila*, exhilarat*, over the moon": A(
        0.22, -0.3, 0.65, 3.5, 4.0, 0.45, smile=1.0, attack=0.3
    ),
    "excit*, enthusias*, energ*, high energy, eager*, exuberan*, bubbl*, vibran*": A(
        0.22, -0.35, 0.55, 2.2, 3.5, 0.4, smile=0.5, attack=0.4
    ),
    "playful*, teas*, mischiev*, cheek*, flirt*, whimsical*, silly": A(
        0.06, 0.1, 0.6, 1.5, 0.0, 0.05, smile=0.7
    ),
    "laugh*, amus*, giggl*, chuckl*, humor*, humour*, funny": A(
        0.08, 0.0, 0.5, 2.0, 1.0, 0.15, breath=0.25, tremor=0.25, smile=1.0
    ),
    "smil*, grin*": A(pitch=0.6, smile=0.8),
    "hope*, optimis*, encourag*, inspir*, uplift*": A(0.03, 0.0, 0.25, 0.9, 1.0, 0.1, smile=0.4),
    "reliev*, relief, sigh*": A(-0.12, 0.4, -0.1, -0.7, -1.5, -0.3, breath=0.5, smile=0.2),
    "proud*, pride, triumph*, victor*, heroic*, epic": A(
        -0.04, 0.1, 0.3, 0.5, 3.0, 0.4, smile=0.2, attack=0.4
    ),
    # warmth
    "warm*, kind*, friendl*, welcom*, grateful*, gratitude, thankful*, genial*, caring": A(
        -0.07, 0.0, 0.12, 0.2, -0.5, -0.2, breath=0.2, smile=0.6
    ),
    "tender*, loving*, love*, gentl*, affection*, delicate*, sweet*": A(
        -0.18, 0.3, -0.15, 0.0, -4.0, -0.45, breath=0.6, smile=0.35
    ),
    "sooth*, reassur*, comfort*, consol*, lull*, sympath*, compassion*, empath*": A(
        -0.2, 0.3, -0.2, -0.6, -3.0, -0.4, breath=0.3, smile=0.2
    ),
    "seduct*, sultry, sensual*, intimate*, romantic*, sexy, alluring*": A(
        -0.26, 0.4, -0.1, -1.8, -4.0, -0.4, breath=0.6, creak=0.15
    ),
    # composure
    "calm*, relax*, peaceful*, serene*, tranquil*, composed, steady, laid back, zen, "
    "effortless*": A(-0.16, 0.3, -0.35, -0.6, -1.5, -0.25),
    "cold*, detach*, emotionless*, indifferen*, aloof*, robot*, mechanical*, stoic*, icy": A(
        -0.03, 0.0, -1.4, -0.8, 0.0, 0.05, smile=-0.4
    ),
    "serious*, solemn*, grave, gravely, somber*, sombre*, formal*, earnest*, sincer*": A(
        -0.14, 0.3, -0.3, -1.2, 0.0, 0.0, smile=-0.3
    ),
    "neutral*, matter of fact*, professional*, plain*, casual*, natural*, conversational*": A(
        range=-0.1
    ),
    "confident*, assur*, certain*, self assured, fearless*": A(
        0.0, -0.1, 0.15, -0.3, 2.0, 0.3, attack=0.3
    ),
    "determin*, firm*, resolut*, authorit*, command*, stern*, strict*, insist*, assertive*": A(
        -0.05, -0.1, 0.0, -0.8, 2.5, 0.45, attack=0.5
    ),
    "arrogan*, smug*, pompous*, haught*, condescend*, patroni*": A(
        -0.15, 0.2, 0.35, -0.5, 0.5, 0.15, creak=0.1
    ),
    # fear and doubt
    "fear*, afraid, scared, frighten*, fright": A(
        0.15, -0.1, 0.15, 2.5, -1.0, 0.0, breath=0.35, tremor=0.5, jitter=0.3
    ),
    "terrif*, terror*, panic*, horrif*, horror, petrified, hysteri*": A(
        0.28, -0.2, 0.3, 4.0, 2.0, 0.3, breath=0.4, tremor=0.7, jitter=0.4
    ),
    "nervous*, anxi*, tense*, jitter*, uneas*, agitat*, stress*, on edge": A(
        0.15, -0.1, 0.1, 1.5, 0.0, 0.1, breath=0.15, tremor=0.25, jitter=0.35
    ),
    "worr*, concern*, apprehens*, troubl*": A(0.04, 0.1, 0.05, 0.8, -0.5, 0.0, jitter=0.2),
    "shy*, timid*, meek*, bashful*, coy*, insecure*": A(
        -0.1, 0.6, -0.25, 0.8, -4.5, -0.4, breath=0.3
    ),
    "hesitan*, hesitat*, uncertain*, unsure, doubt*, stammer*, stutter*, halting*": A(
        -0.16, 1.1, 0.0, 0.3, -1.5, -0.15, jitter=0.15
    ),
    "desperat*, plead*, begg*, beg, implor*": A(
        0.12, -0.1, 0.5, 2.5, 1.5, 0.25, breath=0.35, tremor=0.4, jitter=0.2
    ),
    "urgen*, hurr*, rush*, frantic*, hectic*, breakneck, pressing": A(
        0.4, -0.6, 0.2, 1.0, 1.5, 0.3, attack=0.3
    ),
    "suspicio*, wary, warily, skeptic*, sceptic*, distrust*": A(-0.15, 0.3, 0.15, -0.8, -1.0),
    # wonder
    "surpris*, amaz*, astonish*, shock*, stunned, startl*, incredulous*, disbelie*": A(
        0.05, 0.1, 0.7, 2.8, 2.0, 0.2
    ),
    "curious*, curiosity, inquisitive*, intrigued, interested": A(0.02, 0.0, 0.4, 1.2, smile=0.2),
    "awe, awed, wonder*, marvel*, reveren*, dream*": A(
        -0.22, 0.4, 0.15, 0.3, -2.5, -0.3, breath=0.45
    ),
    "confus*, puzzl*, bewilder*, perplex*, lost": A(-0.1, 0.6, 0.25, 0.8, -0.5, jitter=0.1),
    "thoughtful*, reflective*, contemplat*, musing*, absent minded*": A(
        -0.2, 0.7, -0.2, -0.5, -2.0, -0.2
    ),
    # colours of a scene
    "myster*, ominous*, eerie*, creepy, creepily, spook*, haunt*, foreboding": A(
        -0.22, 0.6, -0.1, -1.8, -3.0, -0.2, breath=0.4, creak=0.25
    ),
    "secret*, conspirator*, hush*, confidential*": A(
        -0.05, 0.1, -0.2, -0.5, -7.0, -0.6, breath=0.75
    ),
    "dramatic*, theatric*, intens*, passion*, fervent*, emotional*, powerful*, forceful*": A(
        -0.02, 0.3, 0.5, 0.4, 2.5, 0.4, attack=0.45
    ),
    "narrat*, storytell*, fairy tale*, documentary": A(-0.1, 0.35, 0.25, -0.2),
    "announc*, proclaim*, declar*, preach*, trailer*, broadcast*": A(
        -0.06, 0.2, 0.3, -0.3, 3.5, 0.5, attack=0.5
    ),
    "manic*, crazed, unhinged, deranged, insane*, wild*, mad scientist": A(
        0.3, -0.3, 0.8, 3.5, 3.0, 0.5, jitter=0.35, smile=0.4, attack=0.4
    ),
    "pain*, agony, agon*, hurt*, suffer*, wounded, injured": A(
        -0.12, 0.5, 0.2, 0.8, 0.0, 0.3, breath=0.3, tremor=0.35, jitter=0.4, creak=0.3
    ),
    "innocent*, naive*, childlike, childish*, cute*": A(
        0.05, 0.0, 0.35, 2.5, -1.0, -0.1, smile=0.6
    ),
}

MANNERS: dict[str, A] = {
    "whisper*": A(-0.06, 0.1, -0.2, 0.0, -9.0, -0.2, whisper=1.0),
    "murmur*, mutter*, mumbl*": A(-0.02, 0.0, -0.6, -0.8, -6.0, -0.55, breath=0.35),
    "shout*, yell*, holler*, bellow*, roar*, bark*, top of lungs, top of voice": A(
        -0.03, -0.2, 0.25, 4.0, 8.0, 1.0, attack=0.4
    ),
    "scream*, shriek*, screech*": A(0.0, -0.2, 0.2, 7.0, 8.5, 1.0, jitter=0.5, attack=0.3),
    "growl*, snarl*, guttural*": A(-0.1, 0.0, -0.2, -2.5, 2.0, 0.4, creak=0.9, smile=-0.4),
    "hiss*": A(0.0, 0.0, -0.2, -0.5, -3.0, 0.2, breath=0.9, attack=0.4),
    "breath*, airy, airily, aspirated": A(breath=0.75, effort=-0.15, level_db=-1.5),
    "out of breath, breathless*, pant*, gasp*, winded": A(
        0.04, 0.7, 0.1, 0.8, 0.0, 0.05, breath=0.85, jitter=0.2
    ),
    "trembl*, shak*, quiver*, quaver*, wobbl*, shiver*, vibrat*, tremul*, voice break*, "
    "voice crack*": A(tremor=0.95, jitter=0.15),
    "rasp*, hoarse*, husk*, gravel*, rough*, gruff*, grit*, scratch*, smok*, harsh*, coarse*": A(
        pitch=-0.8, creak=0.55, breath=0.3, jitter=0.3
    ),
    "creak*, croak*, vocal fry, fry": A(pitch=-1.5, creak=0.95),
    "bright*, brilliant*, ringing, piercing*, crystal*": A(effort=0.45, smile=0.35, pitch=0.6),
    "dark*, muffl*, dull*, mellow*, velvet*, silk*, smooth*, rich*, round*": A(
        effort=-0.4, smile=-0.3, breath=0.1
    ),
    "crisp*, clear*, articulat*, enunciat*, precise*, distinct*": A(rate=-0.08, attack=0.45),
    "clipped, staccato, sharp*, abrupt*, curt*, terse*, pointed*, punch*": A(
        0.08, 0.1, 0.0, attack=0.7, effort=0.2
    ),
    "strain*, tight*, pressed, forced, effort*, clenched": A(effort=0.5, jitter=0.25, pitch=0.6),
    "drawl*, languid*, lazy, lazily": A(-0.38, 0.3, 0.1, -0.8),
    "deliberate*, measured, unhurried, leisurely, patient*, careful*": A(-0.22, 0.45),
    "chatt*, gossip*, babbl*, rambl*": A(0.3, -0.4, 0.35, 0.8),
    "resonan*, sonorous*": A(pitch=-0.6, level_db=1.0, effort=0.1, attack=0.1),
    "emphatic*, emphas*, strong*, stressed, vehement*": A(
        range=0.35, level_db=2.0, effort=0.3, attack=0.5
    ),
    "subdued, restrained, understated, muted, reserved, low key, controlled": A(
        range=-0.5, level_db=-3.0, effort=-0.25
    ),
}

OTHER_LANGUAGES: dict[str, str] = {
    # a small core for directions in the other nine languages: English word -> theirs
    "whisper": "flüster*, geflüster*, chuchot*, susurr*, sussurr*, cochich*, bisbigli*, шёпот*, "
    "шепот*, шепч*, 耳语, 低语, 悄声, 悄悄, ささや*, 囁*, 속삭*",
    "shout": "schrei*, brüll*, crier, criant, hurl*, grita*, urla*, крич*, крик*, 大喊, 喊叫, "
    "吼, 叫喊, 叫*, 怒鳴*, "
    "외치*, 소리치*, 소리쳐*",
    "fast": "schnell*, rapide*, vite, rápid*, deprisa, depressa, veloce*, rapid*, быстр*, "
    "快速, 快, "
    "速く, 早口, 빠르*, 빨리",
    "slow": "langsam*, lent*, despacio, devagar, piano piano, медленн*, 缓慢, 慢慢, 慢, ゆっくり, "
    "遅く, 느리*, 천천히",
    "loud": "laut*, fort, bruyant*, alto, fuerte, forte, громк*, 大声, 响亮, 大きな声, 大声で, "
    "큰 소리*, 크게",
    "quiet": "leise*, doucement, bajo, baixinho, piano, sottovoce, тих*, 小声, 轻声, 安静, "
    "小さな声, "
    "静か*, 조용*, 작게",
    "sad": "traurig*, trist*, грустн*, печальн*, 悲伤, 难过, 伤心, 悲し*, 悲しげ, 슬프*, 슬픈, "
    "슬퍼*, "
    "슬픔*",
    "happy": "fröhlich*, glücklich*, heureu*, joyeu*, alegre*, feliz*, felic*, allegr*, веселый, "
    "весел*, радост*, 高兴, 快乐, 开心, 嬉し*, 楽し*, 기쁘*, 기쁜, 행복*",
    "angry": "wütend*, zornig*, ärgerlich*, fâché*, colère, furieu*, enojad*, enfadad*, "
    "irritad*, zangad*, arrabbiat*, rabbia, злой, зло, злост*, сердит*, гнев*, 生气, 愤怒, 怒*, "
    "화난, 화가, 화나*, 분노*",
    "afraid": "ängstlich*, angst*, effrayé*, peur, asustad*, miedo, medo, assustad*, spaventat*, "
    "paura, испуган*, страх*, 害怕, 恐惧, 怖*, 怯え*, 무서*, 두려*",
    "tired": "müde*, fatigué*, cansad*, stanc*, устал*, 疲惫, 疲倦, 累, 疲れ*, 피곤*, 지친, 지쳐*",
    "tender": "zärtlich*, sanft*, tendre*, tiern*, tern*, carinhos*, tener*, dolce*, нежн*, 温柔, "
    "轻柔, 優し*, やさし*, 부드럽*, 다정*",
    "calm": "ruhig*, gelassen*, tranquil*, tranquill*, calmo, calma, спокойн*, 平静, 冷静, "
    "落ち着*, "
    "穏やか*, 차분*",
    "excited": "aufgeregt*, begeistert*, excité*, emocionad*, entusias*, animad*, eccitat*, "
    "взволнован*, восторж*, 激动, 兴奋, 興奮*, 흥분*, 신나*",
    "trembling": "zitter*, tremblant*, temblor*, tembland*, trêmul*, tremend*, tremant*, дрож*, "
    "颤抖, 震え*, 떨리*, 떨며",
    "high": "hoch, hohe*, aigu*, agud*, acut*, высок*, 高音, 高い, 높은, 높게",
    "low": "tief*, grave*, basso, низк*, 低沉, 低音, 低い, 낮은, 낮게",
    "monotone": "eintönig*, monoton*, monóton*, монотонн*, 单调, 単調*, 棒読み, 단조*",
    "warm": "warmherzig*, herzlich*, chaleureu*, cálid*, calid*, calor*, тепл*, 温暖, 温か*, 따뜻*",
    "surprised": "überrascht*, surpris*, sorprendid*, surpreendid*, sorpres*, удивл*, 惊讶, "
    "驚*, 놀란, "
    "놀라*",
}

INTENSIFIERS: dict[str, float] = {
    "barely, faintly, hint of, touch of, trace of": 0.4,
    "slight*, slightly, mildly, subtl*, a little, little, bit, a bit": 0.45,
    "somewhat, vaguely, tad, half": 0.6,
    "suppress*, hiding, holding back, held back, trying not, fighting back, contained": 0.55,
    "fairly, moderately, rather, pretty, almost, nearly": 0.8,
    "barely contained, barely suppressed, more": 1.1,
    "quite, really, truly, genuinely, so, too": 1.3,
    "very, deeply, highly, much, super, heavily, strongly": 1.4,
    "utter*, absolute*, complete*, total*, pure*, incredibl*, intensely, overwhelm*": 1.65,
    "extreme*, insanely, unbelievably, as possible, maximum, exceptionally": 1.8,
    # the other languages
    "leicht, etwas, ein bisschen, légèrement, un peu, ligeramente, un poco, ligeiramente, "
    "um pouco, leggermente, слегка, немного, 有点, 稍微, 少し, ちょっと, 약간, 조금": 0.45,
    "sehr, très, muy, muito, molto, очень, 非常, 很, とても, すごく, 매우, 아주": 1.4,
    "äußerst, extrêmement, extremadamente, extremamente, estremamente, чрезвычайно, 极其, "
    "極めて, 극도로": 1.8,
}

NEGATIONS = (
    "not, no, never, without, neither, nor, hardly, avoid*, don't, doesn't, isn't, aren't, cannot, "
    "free of, instead of, rather than, anything but, less, lacking, void of, devoid of, stop*, "
    "nicht, kein*, ohne, nie, pas, sans, jamais, nunca, sin, não, sem, non, senza, mai, не, без, "
    "никогда, 不要, 不, 没有, 别, 안"
)
NO_NEGATIONS = "not only, not just, no longer, nicht nur, non solo, no solo"
NEGATED_BEFORE = "なく, ない, ないで, せず, ずに, 않*, 말고, 없이"

STARTS = (
    "start*, begin*, began, opening, opens, at first, first, initially, from, zuerst, "
    "anfangs, d'abord, au début, primero, al principio, primeiro, no início, all'inizio, "
    "сначала, 先, 一开始, 最初は, 처음에*"
)
NEXTS = (
    "then, and then, finally, at last, in the end, by the end, end, ends, ending, ended, "
    "finish*, turn*, becom*, "
    "grow into, grow* to, build* to, build* into, rising to, shift* to, chang* to, giving way to, "
    "fad* into, dissolv* into, break* into, collaps* into, crescendo to, afterwards, later, to, "
    "dann, schließlich, am ende, puis, ensuite, enfin, luego, después, al final, depois, "
    "então, no final, poi, infine, alla fine, потом, затем, в конце, 然后, 接着, 最后, それから, "
    "最後は, 그다음, 나중에, 마지막에*"
)
GROWING = (
    "increasing*, gradually, progressive*, more and more, growing, rising, building, mounting, "
    "slowly building, slowly growing, slowly rising, immer mehr, zunehmend, de plus en plus, "
    "cada vez más, cada vez mais, sempre più, всё более, 越来越, だんだん, 점점"
)
"""Words that make what follows swell from a third to its full strength."""

FUNCTION_WORDS = frozenset(
    """a an the his her its their my your our this that these those it he she they i you we who
    what which as if of in on at by for with from to into onto and or but yet also is are was were
    be been being do does did has have had will would can could should may might must there here
    all some any each every own very one when while through throughout during over just like only
    though although because until between against about around up out off please make makes made
    let say says said saying speak speaks speaking spoke spoken talk talks talking read reads
    reading
    sound sounds sounding deliver delivers delivered delivery line lines word words sentence voice
    voices tone tones manner way style feel feels feeling feelings mood emotion emotions
    performance act
    acted acting play plays played keep keeps kept use uses using speech speaker person someone
    somebody
    character pitch volume pace tempo rate speed energy quality sense air note something them him
    himself herself themselves me us pitched toned sounding slowly-spoken filled full tinged
    und oder mit der die das ein eine einer stimme ton sprich sprechen im in
    et ou avec le la les un une voix ton d'un d'une en de du
    y o con el la los las una voz tono e com um uma tom na no voce tono il lo gli
    и с голос голосом тоном в на 地 的 得 声音 语气 用 说 以 で に の を が は 声 と て 口調 話す
    목소리로 목소리 말투로 로 으로 게""".split()
)
