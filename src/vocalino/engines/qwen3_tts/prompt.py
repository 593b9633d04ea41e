"""What the talker gets before its first frame: two ids a position, one of text and one of codes.

A position's vector is the sum of its text id's and its code id's embedding, or the one of them
that there is (spec sections 5.3 and 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from vocalino.engines.qwen3_tts.config import Qwen3Config, TalkerConfig
from vocalino.engines.qwen3_tts.tokenizer import TextTokenizer
from vocalino.errors import RequestError
from vocalino.text import AUTO

NONE = -1  # no id of this sort at this position

_ROLE = 3  # ids in front of the text: start of turn, "assistant", newline
_TAIL = 5  # ids behind it that the talker does not get: end of turn, newline, the next role


@dataclass(frozen=True)
class Prompt:
    """Ids position by position, and the text that is added to the frames behind them."""

    text_ids: tuple[int, ...]  # T of them, or NONE
    codec_ids: tuple[int, ...]  # T of them, or NONE
    trailing_ids: tuple[int, ...]  # text ids added to frame 0, 1, ... in turn
    pad_id: int  # the text id added to all frames behind those
    text_tokens: int  # of the line alone: what there is to say

    def __len__(self) -> int:
        return len(self.text_ids)


def build_prompt(
    tokenizer: TextTokenizer,
    config: Qwen3Config,
    text: str,
    direction: str,
    language: str = AUTO,
    *,
    streaming_text: bool = False,
) -> Prompt:
    """The prompt of a line; text and direction are as `text.normalise` leaves them.

    Args:
        direction: how to act it; empty means that the prompt has no such part.
        language: "auto", which lets the model tell by the text, or a name, in any case.
        streaming_text: give the text to the frames one id each, as if it were still being typed,
            instead of all of it in front of them.

    Raises:
        RequestError: the text is empty or begins with a newline, or the checkpoint does not
            speak the language.
    """
    if not text.strip():
        raise RequestError("the line is empty: give the words to speak")
    line_ids = tokenizer.line(text)
    if line_ids[:_ROLE] != tokenizer.line("")[:_ROLE]:
        raise RequestError(f"the line begins with a newline, {text[:20]!r}: strip it")
    direction_ids = tokenizer.direction(direction) if direction else ()
    return lay_out(config, line_ids, direction_ids, language, streaming_text=streaming_text)


def lay_out(
    config: Qwen3Config,
    line_ids: tuple[int, ...],
    direction_ids: tuple[int, ...],
    language: str,
    *,
    streaming_text: bool = False,
) -> Prompt:
    """The prompt of ids that are tokenised already, whatever they say.

    Args:
        line_ids: of `TextTokenizer.line`, template and all.
        direction_ids: of `TextTokenizer.direction`, or none.

    Raises:
        RequestError: as for `build_prompt`; an empty text only where it is to be streamed.
    """
    talker = config.talker
    pad, bos = talker.codec_pad_id, talker.codec_bos_id
    text = line_ids[_ROLE:-_TAIL]
    prefix = _codec_prefix(talker, language)
    positions = [(number, NONE) for number in (*direction_ids, *line_ids[:_ROLE])]
    positions += [(config.tts_pad_token_id, number) for number in prefix]
    positions += [(config.tts_bos_token_id, pad)]
    if streaming_text:
        if not text:
            raise RequestError("the line is empty: there is no text to stream")
        positions += [(text[0], bos)]
        trailing = (*text[1:], config.tts_eos_token_id)
    else:
        positions += [(number, pad) for number in (*text, config.tts_eos_token_id)]
        positions += [(config.tts_pad_token_id, bos)]
        trailing = ()
    return Prompt(
        text_ids=tuple(text_id for text_id, _ in positions),
        codec_ids=tuple(codec_id for _, codec_id in positions),
        trailing_ids=trailing,
        pad_id=config.tts_pad_token_id,
        text_tokens=len(text),
    )


def _codec_prefix(talker: TalkerConfig, language: str) -> tuple[int, ...]:
    """The code ids that name the language, or leave it to the model."""
    begin, end = talker.codec_think_bos_id, talker.codec_think_eos_id
    name = language.casefold()
    if name == AUTO:
        return talker.codec_nothink_id, begin, end
    languages = {key.casefold(): number for key, number in talker.languages.items()}
    if name not in languages:
        known = ", ".join((AUTO, *sorted(languages)))
        raise RequestError(f"this model does not speak {language!r}: choose one of {known}")
    return talker.codec_think_id, begin, languages[name], end
