"""Samples: the built-in five, readers for YAML and CSV with every way they go wrong, slugs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocalino.errors import RequestError
from vocalino.judge.length import speaking_time_s
from vocalino.samples import Sample, built_in, read, slug, slugs
from vocalino.samples.audition import AUDITION
from vocalino.text import LANGUAGES


def _read(folder: Path, name: str, content: str | bytes) -> tuple[Sample, ...]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path)


def test_the_built_in_five_are_speakable_and_fit_any_voice() -> None:
    assert [s.name for s in built_in()] == [
        "Warm and grateful",
        "Terrified",
        "Furious",
        "Elated",
        "Heartbroken",
    ]
    assert len(set(slugs(s.name for s in built_in()))) == 5
    for sample in built_in():
        assert 8 <= len(sample.line.split()) <= 16
        assert len(sample.direction.split()) >= 12
        words = set(re.findall(r"[a-z]+", sample.direction.lower()))
        assert not words & {"he", "she", "his", "her", "man", "woman", "male", "female", "girl"}
        assert not words & {"boy", "old", "young", "child", "elderly", "teenage", "adult"}


def test_yaml_list_and_samples_key_read_alike(tmp_path: Path) -> None:
    body = "- name: One\n  line: Hello there.\n  direction: warm\n  lang: de\n  k: 4\n  seed: 0\n"
    expected = (Sample("One", "Hello there.", "warm", "german", takes=4, seed=0),)
    assert _read(tmp_path, "a.yaml", body) == expected
    assert _read(tmp_path, "b.YML", "samples:\n" + body) == expected
    assert _read(tmp_path, "c.yaml", "\ufeff" + body) == expected


def test_yaml_texts_are_never_taken_for_other_types(tmp_path: Path) -> None:
    (sample,) = _read(tmp_path, "a.yaml", "- name: 007\n  line: no\n  direction: 2024-01-01\n")
    assert (sample.name, sample.line, sample.direction) == ("007", "no", "2024-01-01")


def test_yaml_aliases_may_share_a_direction(tmp_path: Path) -> None:
    text = "- {name: a, line: x, direction: &w 'warm, soft'}\n- {name: b, line: y, direction: *w}\n"
    assert [s.direction for s in _read(tmp_path, "a.yaml", text)] == ["warm, soft"] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "got nothing"),
        ("just text", "got the text 'just text'"),
        ("[]", "no sample"),
        ("samples: {}", "got a mapping"),
        ("voices: []", "got the keys 'voices'"),
        ("samples: []\nvoices: []", "got the keys 'voices'"),
        ("- just text", "entry 1: expected a mapping"),
        ("- {name: a}", "entry 1: there is no line"),
        ("- {line: a}", "entry 1: there is no name"),
        ("- {name: '', line: a}", "entry 1: the name is empty"),
        ("- {name: a, line: ''}", "entry 1: the line is empty"),
        ("- {name: a, line: '...'}", "nothing to speak"),
        ("- {name: a, line: b}\n- {name: c, line: d, takes: 0}", "entry 2: takes must be"),
        ("- {name: a, line: b, takes: many}", "takes must be a whole number, got 'many'"),
        ("- {name: a, line: b, seed: 4294967296}", "seed must be"),
        ("- {name: a, line: b, seed: 1.5}", "seed must be a whole number"),
        ("- {name: a, line: b, language: klingon}", "unknown language 'klingon'"),
        ("- {name: a, line: b, driection: c}", "'driection' (did you mean direction?)"),
        ("- {name: a, line: b, zzz: c}", "unknown column 'zzz'; known are name, line"),
        ("- {name: a, line: b, text: c}", "'line' and 'text' both mean the line"),
        ("- {name: a, name: b, line: c}", "the key 'name' is given twice"),
        ("- {name: a, line: b}\n- {name: A, line: c}", "entry 2: the name 'A' is already used in"),
        ("- {name: a, line: [b]}", "'line' must be text, got a list"),
        ("- {name: a, line: !!int 3}", "'line' must be text, got a value of type int"),
        ("- {name: !!int x, line: b}", "can't be read as YAML"),
        ("- {name: !!binary aGk=, line: b}", "got a value of type bytes"),
        ("- {[x]: a}", "can't be read as YAML"),
        ("- {? !!int 3 : a}", "a key must be text"),
        ("- {name: a, line: *nobody}", "undefined alias"),
        ("- {name: a, line: b}\n--- x", "another document"),
        ("a: [", "line 1: it can't be read as YAML"),
        ('- {name: a, line: "\\0"}', "control character U+0000"),
        ('- {name: a, line: "\\ud800"}', "control character U+D800"),
        ("- name: a\n  line: " + "x" * 5000, "more than 4096"),
        ("- {<<: {name: a, line: b}}", "'<<' must be text, got a mapping"),
    ],
)
def test_bad_yaml_says_what_and_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        _read(tmp_path, "bad.yaml", text)
    assert said in str(caught.value)
    assert "bad.yaml" in str(caught.value)


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.system x", "!mine {}"]
)
def test_yaml_tags_are_refused(tmp_path: Path, tag: str) -> None:
    with pytest.raises(RequestError, match="could not determine a constructor for the tag"):
        _read(tmp_path, "a.yaml", f"- {tag}")


def test_yaml_that_would_not_fit_in_memory_is_refused(tmp_path: Path) -> None:
    laughs = "a0: &a0 [lol, lol]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )
    with pytest.raises(RequestError, match="an alias .* can stand for text only"):
        _read(tmp_path, "laughs.yaml", laughs)
    with pytest.raises(RequestError, match="nested too deeply"):
        _read(tmp_path, "deep.yaml", "[" * 20_000)
    with pytest.raises(RequestError, match="larger than 4 MiB"):
        _read(tmp_path, "big.yaml", b"#" * (4 * 2**20 + 1))


@pytest.mark.parametrize(
    "content",
    [
        'name,line,direction\nOne,"Well, yes; now",warm\n',
        'name;line;direction\r\nOne;"Well, yes; now";warm\r\n',
        "name\tline\tdirection\nOne\tWell, yes; now\twarm",
        '\ufeffNAME;Line;Direction\nOne;"Well, yes; now";warm\n',
        'sep=;\nname;line;direction\nOne;"Well, yes; now";warm\n',
        '\n\nFilename,Spoken Dialogue,Style_Prompt\n\nOne.wav,"Well, yes; now",warm\n,,\n',
        'AudioFileName,SpokenDialogue,VoiceActorDirection,,\nOne.WAV,"Well, yes; now",warm,,\n',
        'id,dialogue,inflection,lang,k,seed\nOne,"Well,\nyes; now",warm,,,\n',
    ],
)
def test_csv_as_spreadsheets_write_it(tmp_path: Path, content: str) -> None:
    assert _read(tmp_path, "a.csv", content) == (Sample("One", "Well, yes; now", "warm"),)


def test_tsv_leaves_commas_alone(tmp_path: Path) -> None:
    (sample,) = _read(tmp_path, "a.tsv", "name\tline, text\n".replace(", text", "") + "a\tb, c\n")
    assert sample == Sample("a", "b, c")


def test_csv_texts_keep_quotes_unicode_and_line_separators(tmp_path: Path) -> None:
    content = 'name,line,language\nÉlan,"Say ""no"" — 東京\u2028now",ja-JP\n'
    (sample,) = _read(tmp_path, "a.csv", content)
    assert sample == Sample("Élan", 'Say "no" — 東京 now', language="japanese")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty"),
        ("\n , \n", "it is empty"),
        ("name,line\n", "no sample"),
        ("hello\nworld\n", "row 1: unknown column 'hello'"),
        ("name,dirction,line\na,b,c\n", "'dirction' (did you mean direction?)"),
        ("name,direction\na,b\n", "row 1: there is no line (it may also be called text"),
        ("line,direction\na,b\n", "row 1: there is no name (it may also be called filename"),
        ("name,line,text\na,b,c\n", "'line' and 'text' both mean the line"),
        ("name,line,line\na,b,c\n", "'line' is there twice"),
        ("name,,line\na,b,c\n", "column 2 has no name"),
        ("name,line\na,b,c\n", "row 2: 3 cells where the header has 2"),
        ("name,line\na\n", "row 2: 1 cells"),
        ('name,line\na,b\nc,"d\n', "row 3: unexpected end of data"),
        ('name,line\na,"b"c\n', "row 2: "),
        ("name,line\na,b\n\n,c\n", "row 4: the name is empty"),
        ("name,line,takes\na,b,3.0\n", "row 2: takes must be a whole number, got '3.0'"),
        ("name,line,seed\na,b,-1\n", "row 2: seed must be"),
        ("name,line\na,b\na,c\n", "row 3: the name 'a' is already used in row 2"),
        ("name,line\na," + "x" * 140_000, "row 2: field larger"),
        ("sep=|\nname|line\na|b", "the separator must be"),
        (b"name,line\na,caf\xe9\n", "not UTF-8 (byte 0xE9 in line 2)"),
        ("name,line\na,b\n".encode("utf-16"), "UTF-16: save it as UTF-8"),
        ("name,line\n" + "".join(f"{n},x\n" for n in range(10_001)), "more than 10000 samples"),
    ],
)
def test_bad_csv_says_what_and_where(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        _read(tmp_path, "bad.csv", content)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 700


def test_files_that_are_not_there_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="can't be read: No such file"):
        read(tmp_path / "none.csv")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(RequestError, match="can't be read"):
        read(tmp_path / "folder.yaml")
    with pytest.raises(RequestError, match=r"\.yaml, \.yml, \.csv or \.tsv files, not '\.xlsx'"):
        read(tmp_path / "sheet.xlsx")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Warm and grateful", "warm-and-grateful"),
        ("Élan vital!", "elan-vital"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows\\x", "c-windows-x"),
        ("CON", "con-sample"),
        ("com¹", "com1-sample"),
        ("nul.txt", "nul-txt"),
        ("x" * 200, "x" * 60),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_slugs_of_twins_differ_and_keep_their_order() -> None:
    assert slugs(["a", "A", "a-2", "a!"]) == ("a", "a-2", "a-2-2", "a-3")
    assert slug("東京") != slug("大阪")


@given(st.lists(st.text(alphabet=st.characters(), max_size=80), max_size=8))
def test_slugs_are_safe_file_names_whatever_the_names(names: list[str]) -> None:
    result = slugs(names)
    assert len(set(result)) == len(names)
    for one in result:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one)
        assert not re.fullmatch(r"con|prn|aux|nul|(com|lpt)\d", one)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_five_are_there_in_every_language(language: str) -> None:
    samples = built_in(language)
    assert [s.name for s in samples] == [s.name for s in built_in()]
    assert {s.language for s in samples} == {language}
    assert all(1.5 < speaking_time_s(s.line) < 8 for s in samples)
    assert len({s.line for s in samples}) == 5
    assert AUDITION[language] and 5 < speaking_time_s(AUDITION[language]) < 15
