"""A donor's own statistics: a fixed text of its language, spoken neutrally."""

from __future__ import annotations

import functools

from vocalino.engines.draft.donors import Donor, without_texture
from vocalino.engines.draft.espeak import Espeak, shared
from vocalino.engines.draft.frames import Frames
from vocalino.engines.draft.speaking import speak

# Vowels, nasals, liquids, plosives and sibilants of each language in some 10 s.
TEXTS = {
    "chinese": "春天来了，花园里开满了红色和黄色的花。孩子们在河边跑步"
    "，老人坐在树下喝茶，聊着从前的故事。"
    "晚上，我们一起吃饭，听音乐。",
    "english": "The rainbow is a division of white light into many beautiful colours. Please call "
    "your mother, and ask her to bring fresh cheese, five thick slabs of blue fish, and a small "
    "toy frog for the boy. We also need good music, warm bread, and a yellow umbrella.",
    "japanese": "はるになると、にわに あかい "
    "はなや きいろい はながさきます。こどもたちは かわのそばで あそび、"
    "おじいさんは きのしたで おちゃをのみながら、むかしのはなしをします。",
    "korean": "봄이 오면 정원에 빨갛고 노란 꽃이 핍니다. "
    "아이들은 강가에서 뛰어놀고, 할아버지는 나무 아래에서 "
    "차를 마시며 옛날이야기를 합니다.",
    "german": "Im Frühling blühen im Garten rote und gelbe Blumen. Die Kinder laufen am Fluss "
    "entlang, der alte Mann sitzt unter dem Baum, trinkt Tee und erzählt schöne Geschichten von "
    "früher. Abends hören wir zusammen Musik.",
    "french": "Au printemps, le jardin se remplit de fleurs rouges et jaunes. Les enfants courent "
    "au bord de la rivière, le vieil homme boit du thé sous un arbre et raconte des histoires "
    "d'autrefois. Le soir, nous écoutons de la musique.",
    "russian": "Весной в саду цветут красные и жёлтые цветы. Дети бегают у реки, старик сидит под "
    "деревом, пьёт чай и рассказывает старые истории. Вечером мы вместе слушаем музыку.",
    "portuguese": "Na primavera, o jardim fica cheio de flores vermelhas e amarelas. As crianças "
    "correm junto ao rio, o velho senta debaixo da árvore, toma chá e conta histórias de "
    "antigamente. À noite ouvimos música juntos.",
    "spanish": "En primavera, el jardín se llena de flores rojas y amarillas. Los niños corren "
    "junto al río, el viejo se sienta bajo el árbol, toma té y cuenta historias de antes. Por la "
    "noche escuchamos música juntos.",
    "italian": "In primavera il giardino si riempie di fiori rossi e gialli. I bambini corrono "
    "lungo il fiume, il vecchio siede sotto l'albero, beve il tè e racconta storie di una volta. "
    "La sera ascoltiamo musica insieme.",
}


def calibration(donor: Donor, espeak: Espeak | None = None) -> Frames:
    """The donor speaking its language's fixed text neutrally; the last sixteen are kept.

    Raises:
        EngineUnavailable: espeak-ng is not there.
    """
    return _calibration(without_texture(donor), espeak or shared())


@functools.lru_cache(maxsize=16)
def _calibration(donor: Donor, espeak: Espeak) -> Frames:
    return speak(espeak, donor, TEXTS[donor.language], rate=0.0, rest_s=0.1).frames
