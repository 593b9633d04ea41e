"""The five emotional samples of the showcase: five far corners of what acting asks of a voice.

The same five in every language of the product. Directions are in English, and name no gender and
no age, so that they fit any voice they are cast in.
"""

from __future__ import annotations

from vocalino.samples.value import Sample
from vocalino.text import AUTO

_DIRECTIONS = {
    "Warm and grateful": (
        "Warm and deeply grateful, soft and close, with a gentle smile in the voice; "
        "unhurried and tender, slowing down a little on the thank you."
    ),
    "Terrified": (
        "Terrified, a trembling whisper, tense and breathless; fast, frightened words, "
        "afraid of being heard."
    ),
    "Furious": (
        "Furious, loud and harsh, hard clipped words thrown like stones; the anger rises "
        "until it is nearly a shout."
    ),
    "Elated": (
        "Elated, bursting with joy, bright and high, fast and lively; excited enough to "
        "laugh, every word jumping."
    ),
    "Heartbroken": (
        "Heartbroken, quiet and slow, tired and tearful, the voice low and breaking, with "
        "long pauses; barely holding back a sob."
    ),
}
_LINES = {
    "english": (
        "You stayed up all night for me, and I never even said thank you.",
        "Don't turn on the light. There's somebody standing at the bottom of the stairs.",
        "I trusted you with one thing, and you sold it to the first person who asked!",
        "They picked us! Out of every band in the country, they actually picked us!",
        "Your coat is still hanging by the door, and I can't bring myself to move it.",
    ),
    "chinese": (
        "你为我熬了一整夜，我却连一声谢谢都没说过。",
        "别开灯。楼梯下面站着一个人。",
        "我只托付给你一件事，你却把它卖给了第一个来问的人！",
        "他们选了我们！全国那么多乐队，他们居然选了我们！",
        "你的外套还挂在门边，我怎么也不忍心把它收起来。",
    ),
    "japanese": (
        "一晩中そばにいてくれたのに、ありがとうも言えなかった。",
        "電気をつけないで。階段の下に、誰か立っている。",
        "たった一つだけ信じて任せたのに、最初に聞いてきた人に売るなんて！",
        "選ばれたんだ！国中のバンドの中から、本当に選ばれたんだ！",
        "あなたのコートはまだ玄関にかかっていて、どうしても動かせないの。",
    ),
    "korean": (
        "나 때문에 밤을 꼬박 새웠는데, 고맙다는 말 한마디 못 했네요.",
        "불 켜지 마. 계단 아래에 누가 서 있어.",
        "딱 하나만 믿고 맡겼는데, 처음 물어본 사람한테 팔아넘겨!",
        "우리가 뽑혔어! 전국의 그 많은 밴드 중에서 정말 우리가 뽑혔어!",
        "당신 외투가 아직 문 옆에 걸려 있는데, 도저히 치울 수가 없어요.",
    ),
    "german": (
        "Du bist die ganze Nacht für mich wach geblieben, und ich habe nie danke gesagt.",
        "Mach kein Licht an. Da steht jemand unten an der Treppe.",
        "Eine einzige Sache habe ich dir anvertraut, und du verkaufst sie dem Erstbesten!",
        "Sie haben uns genommen! Von allen Bands im ganzen Land haben sie uns genommen!",
        "Dein Mantel hängt noch an der Tür, und ich bringe es nicht fertig, ihn wegzuräumen.",
    ),
    "french": (
        "Tu as veillé toute la nuit pour moi, et je ne t'ai même jamais dit merci.",
        "N'allume pas la lumière. Il y a quelqu'un en bas de l'escalier.",
        "Je t'ai confié une seule chose, et tu l'as vendue au premier venu !",
        "Ils nous ont choisis ! De tous les groupes du pays, c'est nous qu'ils ont choisis !",
        "Ton manteau est toujours accroché près de la porte, et je n'arrive pas à l'enlever.",
    ),
    "russian": (
        "Ты не спал из-за меня всю ночь, а я так и не сказала тебе спасибо.",
        "Не включай свет. Внизу, у лестницы, кто-то стоит.",
        "Я доверил тебе одну-единственную вещь, а ты продал её первому встречному!",
        "Нас выбрали! Из всех групп в стране выбрали именно нас!",
        "Твоё пальто всё ещё висит у двери, и я не могу заставить себя его убрать.",
    ),
    "portuguese": (
        "Você passou a noite inteira acordado por mim, e eu nunca disse obrigado.",
        "Não acenda a luz. Tem alguém parado ao pé da escada.",
        "Eu te confiei uma única coisa, e você a vendeu para o primeiro que pediu!",
        "Escolheram a gente! De todas as bandas do país, escolheram a gente!",
        "O seu casaco ainda está pendurado na porta, e eu não consigo tirar ele de lá.",
    ),
    "spanish": (
        "Te quedaste despierto toda la noche por mí, y nunca te di las gracias.",
        "No enciendas la luz. Hay alguien parado al pie de la escalera.",
        "¡Te confié una sola cosa, y se la vendiste al primero que preguntó!",
        "¡Nos eligieron! De todas las bandas del país, ¡nos eligieron a nosotros!",
        "Tu abrigo sigue colgado junto a la puerta, y no soy capaz de quitarlo.",
    ),
    "italian": (
        "Sei rimasto sveglio tutta la notte per me, e non ti ho mai detto grazie.",
        "Non accendere la luce. C'è qualcuno in fondo alle scale.",
        "Ti ho affidato una cosa sola, e l'hai venduta al primo che l'ha chiesta!",
        "Hanno scelto noi! Fra tutti i gruppi del paese, hanno scelto proprio noi!",
        "Il tuo cappotto è ancora appeso alla porta, e non riesco a spostarlo.",
    ),
}


def built_in(language: str = AUTO) -> tuple[Sample, ...]:
    """The five samples in `language` (one of `text.LANGUAGES`); "auto" is English."""
    spoken = "english" if language == AUTO else language
    return tuple(
        Sample(name, line, direction, spoken)
        for (name, direction), line in zip(_DIRECTIONS.items(), _LINES[spoken], strict=True)
    )
