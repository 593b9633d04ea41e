"""What a voice says when it is designed: about ten seconds in each language, with all the
vowels and most of the consonants, so that a converter can learn it from the clip."""

AUDITION = {
    "english": (
        "Good morning. My name is not important, but my voice is. I grew up near the harbour, "
        "where five old boats rocked gently all through the cool, bright evenings."
    ),
    "chinese": (
        "早上好。我叫什么名字并不重要，重要的是我的声音。"
        "我在海边长大，夏天的晚上，五条旧船在水面上轻轻地摇。"
    ),
    "japanese": (
        "おはようございます。わたしのなまえより、こえをきいてください。"
        "みなとのちかくでそだちました。ふるいふねが、よるのうみでしずかにゆれていました。"
    ),
    "korean": (
        "안녕하세요. 제 이름보다 제 목소리가 더 중요합니다. "
        "저는 바닷가에서 자랐고, 여름 저녁이면 낡은 배들이 조용히 흔들렸습니다."
    ),
    "german": (
        "Guten Morgen. Wie ich heiße, ist nicht wichtig, hören Sie auf meine Stimme. "
        "Ich bin am Hafen aufgewachsen, wo fünf alte Boote in kühlen Nächten leise schaukelten."
    ),
    "french": (
        "Bonjour. Mon nom n'a pas d'importance, écoutez plutôt ma voix. "
        "J'ai grandi près du port, où cinq vieux bateaux se balançaient doucement le soir."
    ),
    "russian": (
        "Доброе утро. Моё имя не так важно, послушайте мой голос. "
        "Я вырос у моря, где старые лодки тихо качались всю ночь у причала."
    ),
    "portuguese": (
        "Bom dia. O meu nome não é importante, mas a minha voz é. "
        "Cresci perto do porto, onde cinco barcos velhos balançavam devagar nas noites frescas."
    ),
    "spanish": (
        "Buenos días. Mi nombre no importa, lo que importa es mi voz. "
        "Crecí cerca del puerto, donde cinco barcas viejas se mecían despacio cada noche."
    ),
    "italian": (
        "Buongiorno. Il mio nome non è importante, ascoltate la mia voce. "
        "Sono cresciuto vicino al porto, dove cinque vecchie barche dondolavano piano la sera."
    ),
}
