"""The five emotional samples of the showcase: five far corners of what acting asks of a voice.

Directions name no gender and no age, so that they fit any voice they are cast in.
"""

from __future__ import annotations

from vocalino.samples.value import Sample

BUILT_IN: tuple[Sample, ...] = (
    Sample(
        name="Warm and grateful",
        line="You stayed up all night for me, and I never even said thank you.",
        direction=(
            "Warm and deeply grateful, soft and close, with a gentle smile in the voice; "
            "unhurried and tender, slowing down a little on the thank you."
        ),
        language="english",
    ),
    Sample(
        name="Terrified",
        line="Don't turn on the light. There's somebody standing at the bottom of the stairs.",
        direction=(
            "Terrified, a trembling whisper, tense and breathless; fast, frightened words, "
            "afraid of being heard."
        ),
        language="english",
    ),
    Sample(
        name="Furious",
        line="I trusted you with one thing, and you sold it to the first person who asked!",
        direction=(
            "Furious, loud and harsh, hard clipped words thrown like stones; the anger rises "
            "until it is nearly a shout."
        ),
        language="english",
    ),
    Sample(
        name="Elated",
        line="They picked us! Out of every band in the country, they actually picked us!",
        direction=(
            "Elated, bursting with joy, bright and high, fast and lively; excited enough to "
            "laugh, every word jumping."
        ),
        language="english",
    ),
    Sample(
        name="Heartbroken",
        line="Your coat is still hanging by the door, and I can't bring myself to move it.",
        direction=(
            "Heartbroken, quiet and slow, tired and tearful, the voice low and breaking, with "
            "long pauses; barely holding back a sob."
        ),
        language="english",
    ),
)
