"""Voice words of a direction: whose voice it is, as against how it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gender = Literal["female", "male"]
Age = Literal["child", "young", "old"]


@dataclass(frozen=True)
class Casting:
    """What a direction says of the voice itself; None is left open. `register` -1 deep, 1 high."""

    gender: Gender | None = None
    age: Age | None = None
    register: float = 0.0

    def with_(self, other: Casting) -> Casting:
        """What was said first stands; registers add up."""
        register = max(-1.0, min(1.0, self.register + other.register))
        return Casting(self.gender or other.gender, self.age or other.age, register)

    def scaled(self, factor: float) -> Casting:
        return Casting(self.gender, self.age, max(-1.0, min(1.0, self.register * factor)))

    def in_words(self) -> str:
        register = "" if not self.register else "a deep" if self.register < 0 else "a high"
        kind = " ".join(part for part in (self.age, self.gender) if part)
        return f"voice: {' '.join(part for part in (register, kind) if part)}"


VOICE_WORDS: dict[str, Casting] = {
    "man, men, male, gentleman, guy, father, dad, grandpa*, king, wizard, baritone, masculin*, "
    "mann, männlich*, homme, masculin*, hombre, homem, uomo, мужчин*, мужск*, 男人, 男声, "
    "男性, 남자*, "
    "남성*": Casting("male"),
    "woman, women, female, lady, mother, mom, mum, grandma*, queen, witch, feminin*, frau, "
    "weiblich*, femme, féminin*, mujer, mulher, donna, женщин*, женск*, 女人, 女声, 女性, "
    "여자*, 여성*": (Casting("female")),
    "boy, little boy, junge, garçon, niño, menino, ragazzo, мальчик*, 男孩, 少年, 소년*": Casting(
        "male", "child"
    ),
    "girl, little girl, mädchen, fille, niña, menina, ragazza, девочк*, 女孩, 少女, 소녀*": Casting(
        "female", "child"
    ),
    "child, kid, toddler, kindlich*, enfant, criança, bambino, ребён*, ребен*, 孩子, 子供, "
    "아이*": Casting(None, "child"),
    "young, teen*, youth*, twenties, jung*, jeune, joven, jovem, giovane, молод*, 年轻, 若い, "
    "젊은": (Casting(None, "young")),
    "old, elder*, aged, aging, ageing, ancient, senior, eighties, seventies, alt*, vieux, vieille, "
    "viej*, ancian*, velh*, idos*, vecchi*, anzian*, стар*, 老, 老年, 年老, 老人, 늙은, "
    "노인*": Casting(None, "old"),
    "grandfather": Casting("male", "old"),
    "grandmother, granny, crone": Casting("female", "old"),
    "deep, deeper, bass, booming, deep voice*, low pitched voice": Casting(register=-0.8),
    "tenor": Casting("male", register=0.5),
    "alto voice, contralto": Casting("female", register=-0.7),
    "soprano": Casting("female", register=0.7),
    "high pitched voice, high voice, high pitched": Casting(register=0.7),
}
