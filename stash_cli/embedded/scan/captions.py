"""Sidecar files of videos: captions and funscripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stash_cli.embedded.library.file_access import extension, stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNKNOWN_LANGUAGE = "00"
CAPTION_TYPES = ("srt", "vtt")

_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is
it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms
mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk
sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi
yo za zh zu
"""
_LONGER = """
ar:ara bg:bul cs:ces,cze da:dan de:deu,ger el:ell,gre en:eng es:spa et:est fa:fas,per fi:fin fr:fra,fre he:heb
hi:hin hr:hrv hu:hun id:ind is:isl,ice it:ita ja:jpn ko:kor lt:lit lv:lav ms:msa,may nl:nld,dut no:nor pl:pol
pt:por ro:ron,rum ru:rus sk:slk,slo sl:slv sr:srp sv:swe th:tha tr:tur uk:ukr vi:vie zh:zho,chi
"""
_LANGUAGES = {code: code for code in _CODES.split()} | {
    longer: short
    for short, _, all_longer in (entry.partition(":") for entry in _LONGER.split())
    for longer in all_longer.split(",")
}


class Caption(NamedTuple):
    """A caption file of a video: ISO 639-1 code ("00" unknown), file name, type (srt or vtt)."""

    language_code: str
    filename: str
    caption_type: str


class Sidecars(NamedTuple):
    """The sidecar files of one folder, by the stem of their video's name."""

    captions: Mapping[str, tuple[Caption, ...]]
    funscripts: frozenset[str]

    def of(self, basename: str) -> tuple[tuple[Caption, ...], bool]:
        """The captions of a video, and whether it is interactive."""
        own = stem(basename)
        return self.captions.get(own, ()), own in self.funscripts


def language_of(suffix: str) -> str | None:
    """The language code of a name part ("en", "eng", "en-US"), or None."""
    base = suffix.lower().replace("_", "-").partition("-")[0]
    return _LANGUAGES.get(base)


def find_sidecars(names: Iterable[str]) -> Sidecars:
    """Assign the captions and funscripts among `names` to video stems.

    A video has one caption for each language and type: the first by name.
    """
    captions: dict[str, dict[tuple[str, str], Caption]] = {}
    funscripts = set()
    for name in sorted(names):
        kind = extension(name)
        if kind == "funscript":
            funscripts.add(stem(name))
        elif kind in CAPTION_TYPES:
            owner, language = _split_language(stem(name))
            captions.setdefault(owner, {}).setdefault((language, kind), Caption(language, name, kind))
    return Sidecars({stem: tuple(found.values()) for stem, found in captions.items()}, frozenset(funscripts))


def _split_language(name: str) -> tuple[str, str]:
    owner = stem(name)
    language = language_of(name[len(owner) + 1 :])
    return (owner, language) if language else (name, UNKNOWN_LANGUAGE)
