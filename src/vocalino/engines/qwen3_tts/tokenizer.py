"""Text to ids: byte-level BPE of the Qwen2 family, inside the model's chat template.

Control tokens (`<|im_end|>`, `<tts_pad>`, `<think>` ...) are not part of the BPE vocabulary: they
are added to it by tokenizer_config.json. Our template puts them in by id and runs the rest through
a tokenizer that has never heard of them, so no text can ever produce one (spec sections 4 and 5.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import NFC
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split

from vocalino.config_file import open_keys
from vocalino.engines.qwen3_tts.config import Qwen3Config
from vocalino.errors import CheckpointError

# Always this one. upstream: transformers 4.57.3 with fix_mistral_regex=True puts Mistral's in its
# place when the model is loaded from a local folder, which the model was not trained with.
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


class TextTokenizer:
    """The two strings of a prompt as ids."""

    def __init__(self, folder: Path, config: Qwen3Config) -> None:
        """Read the tokenizer's files in `folder`.

        Raises:
            CheckpointError: a file is missing or damaged, or its ids are not those of `config`.
        """
        bpe = _bpe(folder)
        added = _added_tokens(folder)
        self._plain = _tokenizer(bpe)
        self._parsing = _tokenizer(bpe)
        self._parsing.add_tokens(list(added.values()))
        self._check_ids(folder, config, added)
        start, end = config.im_start_token_id, config.im_end_token_id
        self._marks = [(number, added[number].content) for number in (start, end, start)]
        self._check_template(folder, config)

    def line(self, text: str, *, specials: bool = False) -> tuple[int, ...]:
        """`text` as the assistant's turn, and the head of the turn behind it.

        The newline behind the role is tokenised together with the text: a text that begins with
        one changes both. Specials are parsed in the text on demand, as upstream does always.
        """
        return self._turns([f"assistant\n{text}", "\n", "assistant\n"], specials)

    def direction(self, text: str, *, specials: bool = False) -> tuple[int, ...]:
        """`text` as the user's turn."""
        return self._turns([f"user\n{text}", "\n"], specials)

    def _turns(self, parts: list[str], specials: bool) -> tuple[int, ...]:
        """Parts joined by the marks of a turn, which begins before the first and third part."""
        marked = zip(self._marks, parts, strict=False)  # the user's turn has no third part
        if specials:
            text = "".join(mark + part for (_, mark), part in marked)
            return tuple(self._parsing.encode(text).ids)
        ids: list[int] = []
        for (number, _), part in marked:
            ids += [number, *self._plain.encode(part).ids]
        return tuple(ids)

    def _check_ids(
        self, folder: Path, config: Qwen3Config, added: Mapping[int, AddedToken]
    ) -> None:
        """Every control token has the id that the files give it."""
        for number, token in added.items():
            found = self._parsing.token_to_id(token.content)
            if found != number:
                raise CheckpointError(
                    f"{folder / 'tokenizer_config.json'}: {token.content} is number {number} "
                    f"there and {found} behind vocab.json: the files do not belong together"
                )
        for key, number in vars(config).items():
            if key.endswith("_token_id") and key != "assistant_token_id" and number not in added:
                raise CheckpointError(
                    f"{folder / 'config.json'}: {key} is {number}, "
                    "which tokenizer_config.json does not know"
                )
        if self._parsing.get_vocab_size() > config.talker.text_vocab_size:
            raise CheckpointError(
                f"the tokenizer in {folder} has {self._parsing.get_vocab_size()} tokens, "
                f"more than talker_config.text_vocab_size, {config.talker.text_vocab_size}"
            )

    def _check_template(self, folder: Path, config: Qwen3Config) -> None:
        """The template has its shape: what stands around a text is cut off by number of ids."""
        ids = self.line("")
        newline = ids[2:3]
        role = (config.im_start_token_id, config.assistant_token_id, *newline)
        if ids != (*role, config.im_end_token_id, *newline, *role):
            raise CheckpointError(
                f"{folder / 'config.json'}: assistant_token_id is {config.assistant_token_id}, "
                f"but the tokenizer makes {list(ids)} of the empty template"
            )


def _tokenizer(bpe: BPE) -> Tokenizer:
    tokenizer = Tokenizer(bpe)
    tokenizer.normalizer = NFC()
    tokenizer.pre_tokenizer = Sequence(
        [Split(Regex(_WORDS), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    return tokenizer


def _bpe(folder: Path) -> BPE:
    """The vocabulary and the merges, checked: the library drops what a vocabulary lacks."""
    file = folder / "vocab.json"
    vocabulary = open_keys(file).values
    for token, number in vocabulary.items():
        if type(number) is not int:
            raise CheckpointError(f"{file}: {token!r} must have a whole number, got {number!r}")
    missing = sorted(set(ByteLevel.alphabet()) - vocabulary.keys())
    if missing:
        raise CheckpointError(f"{file} lacks {len(missing)} of the 256 bytes, {missing[0]!r} first")
    merges = _merges(folder / "merges.txt", vocabulary)
    return BPE(cast("dict[str, int]", vocabulary), merges)


def _merges(file: Path, vocabulary: Mapping[str, object]) -> list[tuple[str, str]]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise CheckpointError(f"the checkpoint has no file {file}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{file} can't be read: {error}") from None
    merges: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#version"):
            continue
        left, _, right = line.partition(" ")
        if not {left, right, left + right} <= vocabulary.keys():
            raise CheckpointError(f"{file}, line {number}: {line!r} is no merge of vocab.json")
        merges.append((left, right))
    return merges


def _added_tokens(folder: Path) -> dict[int, AddedToken]:
    """Control tokens by id, in the order of ids, in which the library numbers them."""
    section = open_keys(folder / "tokenizer_config.json").section("added_tokens_decoder")
    tokens: dict[int, AddedToken] = {}
    for number in sorted(section.values, key=lambda name: (len(name), name)):
        if not number.isdecimal():
            raise section.error(number, "is no id")
        keys = section.section(number)
        flags = {flag: keys.read(bool, flag) for flag in _FLAGS}
        tokens[int(number)] = AddedToken(keys.read(str, "content"), **flags)
    return tokens
