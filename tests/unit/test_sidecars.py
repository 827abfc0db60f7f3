"""Sidecar files: formats, tolerant parsing, and hostile input."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_tests import table_test

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars import FORMATS, GroupPlace, Sidecar, SiteId, folder_names, names_beside
from stash_cli.core.sidecars import parse_sidecar as parse
from stash_cli.core.sidecars.nfo import write_nfo
from stash_cli.core.sidecars.text import date_of
from stash_cli.core.texts import is_text

EXAMPLES = int(os.environ.get("SIDECAR_EXAMPLES", "60"))


def nfo(text: str | bytes) -> Sidecar:
    return parse("nfo", text if isinstance(text, bytes) else text.encode())


def movie(inside: str) -> Sidecar:
    return nfo(f"<movie>{inside}</movie>")


def title(text: str, before: str = "") -> str:
    return f"{before}<movie><title>{text}</title></movie>"


def test_kodi_nfo() -> None:
    found = movie("""
        <title>A day
           out</title><originaltitle>Une</originaltitle><plot>By the sea.
        Two lines.</plot><outline>Short</outline><premiered>2024-05-31</premiered><year>2023</year>
        <studio>Acme</studio><studio>Other</studio><director>Kim</director><director>Lee</director>
        <actor><name>Alice</name><role>Host</role></actor><actor><name>Bob</name></actor>
        <tag>Outdoor</tag><genre>Beach</genre><tag>Outdoor</tag><set><name>Days</name></set>
        <url>https://example.com/a</url><uniqueid type="tmdb">77</uniqueid><thumb>https://example.com/p.jpg</thumb>
        <userrating>8</userrating><runtime>90</runtime><mpaa>G</mpaa>""")
    assert found == Sidecar(
        title="A day out",
        details="By the sea.\n        Two lines.",
        director="Kim, Lee",
        date="2024-05-31",
        rating100=80,
        studio="Acme",
        performers=("Alice", "Bob"),
        tags=("Outdoor", "Beach"),
        groups=(GroupPlace("Days"),),
        urls=("https://example.com/a",),
        ids=(SiteId("tmdb", "77"),),
        cover="https://example.com/p.jpg",
        unused=("originaltitle", "outline", "runtime", "mpaa", "another studio"),
    )


@table_test(
    ("inside", "rating"),
    [
        ('<ratings><rating name="imdb" max="10"><value>7.3</value></rating></ratings>', 73),
        (
            '<ratings><rating name="a" max="5"><value>4</value></rating></ratings><userrating>9</userrating>',
            90,
        ),
        (
            """<ratings><rating name="a"><value>1</value></rating>
               <rating name="b" max="100" default="true"><value>66</value></rating></ratings>""",
            66,
        ),
        ("<rating>6.5</rating>", 65),
        ('<rating max="100">65</rating>', 65),
        ("<userrating>0</userrating><rating>0</rating>", None),
        ("<userrating>many</userrating>", None),
        ("<rating>nan</rating>", None),
        ('<rating max="0">5</rating>', 50),
        ("<rating>11</rating>", None),
    ],
)
def test_ratings_are_scaled_by_their_maximum(inside: str, rating: int | None) -> None:
    assert movie(inside).rating100 == rating


@table_test(
    ("text", "date"),
    [
        ("2024-05-31", "2024-05-31"),
        ("2024", "2024"),
        ("2024-05", "2024-05"),
        ("20240531", "2024-05-31"),
        ("2024-05-31T10:00:00Z", "2024-05-31"),
        ("2024:05:31 10:00:00", "2024-05-31"),
        ("25.09.26", ""),
        ("240531", ""),
        ("31.05.2024", ""),
        ("2024-02-30", ""),
        ("0000:00:00 00:00:00", ""),
        ("", ""),
    ],
)
def test_only_unambiguous_dates_are_read(text: str, date: str) -> None:
    assert date_of(text) == date
    assert movie(f"<premiered>{text}</premiered>").unused == ((f"date {text}",) if text and not date else ())


@table_test(
    ("data", "title", "urls"),
    [
        (title("Ä", "\ufeff").encode(), "Ä", ()),
        (title("Ä").encode("utf-16"), "Ä", ()),
        (title("Ä").encode("utf-16-le"), "Ä", ()),
        (title("Ä").encode("utf-16-be"), "Ä", ()),
        (title("Ä").encode("cp1252"), "Ä", ()),
        (title("Ä", '<?xml version="1.0" encoding="utf-16"?>').encode(), "Ä", ()),
        (title("Ä", '<?xml version="1.0" encoding="zlib"?>').encode(), "Ä", ()),
        (title("Ж", '<?xml version="1.0" encoding="windows-1251"?>').encode("cp1251"), "Ж", ()),
        (title("A", '\n <?xml version="1.0"?>').encode(), "A", ()),
        (title("T & J&nbsp;&eacute;&lt;&LT;b&gt; &#65;&#0;&no;").encode(), "T & J\xa0é<<b> A&no;", ()),
        (title("<![CDATA[A & B]]> & C").encode(), "A & B & C", ()),
        (title("A<!-- x --> <b>B</b>").encode(), "A B", ()),
        (title("A\x01B").encode(), "AB", ()),
        (f"{title('A')}\nhttps://example.com/?b=1&c=2\n".encode(), "A", ("https://example.com/?b=1&c=2",)),
        (f"{title('A')}{title('B')}".encode(), "A", ()),
        (f"{title('A')} & < \x01 rubbish".encode(), "A", ()),
        (b"https://example.com/a\r\n", "", ("https://example.com/a",)),
        ("░▒▓ RELEASE ▓▒░\r\nhttps://example.com/a".encode("cp437"), "", ()),
        (b"", "", ()),
    ],
)
def test_malformed_nfos_are_read_leniently(data: bytes, title: str, urls: tuple[str, ...]) -> None:
    found = nfo(data)
    assert (found.title, found.urls) == (title, urls)


def test_unused_nfo_elements_are_reported() -> None:
    assert movie("</movie><movie>").unused == ("another element behind the first",)
    assert nfo(b"greetings").unused == ("a text that is not XML",)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><movie><title>&b;</title></movie>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><movie><title>&a;</title></movie>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1/x"> %a;]><movie/>'


@table_test(
    ("kind", "text", "message"),
    [
        ("nfo", BOMB, "refused: it declares"),
        ("nfo", OUTSIDE, "refused: it declares"),
        ("nfo", PARAMETER, "refused: it declares"),
        ("nfo", '<!DOCTYPE movie SYSTEM "file:///etc/passwd"><movie/>', "refused: it declares"),
        ("xmp", BOMB, "refused: it declares"),
        ("nfo", "<movie>" + "<a>" * 300_000, "refused: it has more than 100 levels"),
        ("nfo", "<movie", "not readable as NFO"),
        ("nfo", "<movie><title>A</title>", "it ends before"),
        ("nfo", "<html><title>404</title></html>", "describes <html>"),
        ("nfo", "<movie>" + "x" * 1_000_000, "larger than 1,000,000 bytes"),
        ("xmp", "<x/>", "no rdf:Description"),
        ("xmp", "plain", "not readable as XMP"),
        ("json", "[1]", "not an object"),
        ("json", "{", "not readable as JSON"),
        ("json", '{"a":' + "[" * 200_000, "nested too deeply"),
        ("json", '{"a":' + "1" * 5000 + "}", "not readable as JSON"),
    ],
)
def test_hostile_and_corrupt_files_are_rejected(kind: str, text: str, message: str) -> None:
    with pytest.raises(StashSidecarError, match=message):
        parse(kind, text.encode())


def test_yt_dlp_file() -> None:
    written = {
        "id": "abc",
        "title": "A day out",
        "description": "By the sea.",
        "upload_date": "20240531",
        "channel": "Acme",
        "uploader": "acme_official",
        "tags": ["Beach"],
        "categories": ["Travel"],
        "webpage_url": "https://video.example.com/watch?v=abc",
        "url": "https://cdn.example.com/expires",
        "formats": [{"url": "https://cdn.example.com/1"}],
        "thumbnail": "https://video.example.com/t.jpg",
        "cast": ["Alice", "Bob"],
        "duration": 60,
    }
    found = parse("json", json.dumps(written).encode())
    assert (found.title, found.details, found.date, found.studio) == (
        "A day out",
        "By the sea.",
        "2024-05-31",
        "Acme",
    )
    assert (found.tags, found.performers) == (("Beach", "Travel"), ("Alice", "Bob"))
    assert (found.urls, found.cover) == (
        ("https://video.example.com/watch?v=abc",),
        "https://video.example.com/t.jpg",
    )
    assert found.unused == ("id", "uploader", "formats", "duration")


def test_gallery_dl_file() -> None:
    written = {
        "title": "A",
        "date": "2024-05-31 10:00:00",
        "tags": "red_hair beach",
        "artist": ["Kim"],
        "post_url": "https://a.example.com/1",
    }
    found = parse("json", json.dumps(written).encode())
    assert found.facts == {
        "title": "A",
        "date": "2024-05-31",
        "tags": ("red hair", "beach"),
        "performers": ("Kim",),
        "urls": ("https://a.example.com/1",),
    }


def test_json_with_api_field_names() -> None:
    written = {
        "rating100": 85,
        "studio": {"name": "Acme"},
        "tags": [{"name": "Outdoor"}, 7, None],
        "groups": [{"group": {"name": "Days"}, "scene_index": 3}, "Nights"],
        "stash_ids": [{"endpoint": "https://box.example.org/graphql", "stash_id": "x"}],
        "title": 5,
    }
    assert parse("json", json.dumps(written).encode("utf-16")).facts == {
        "rating100": 85,
        "studio": "Acme",
        "tags": ("Outdoor",),
        "groups": (GroupPlace("Days", 3), GroupPlace("Nights")),
        "ids": (SiteId("https://box.example.org/graphql", "x"),),
    }


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" xmp:Label="Red"
   xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:DateCreated="2024-05-31T10:00:00"
   xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">A day</rdf:li></rdf:Alt></dc:title>
  <dc:creator><rdf:Seq><rdf:li>Kim</rdf:li></rdf:Seq></dc:creator>
  <dc:subject><rdf:Bag><rdf:li>Beach</rdf:li><rdf:li>Sea</rdf:li></rdf:Bag></dc:subject>
  <i:PersonInImage><rdf:Bag><rdf:li>Alice</rdf:li></rdf:Bag></i:PersonInImage>
 </rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def test_xmp_file() -> None:
    found = parse("xmp", XMP.encode())
    assert found.facts == {
        "title": "A day",
        "photographer": "Kim",
        "date": "2024-05-31",
        "rating100": 80,
        "performers": ("Alice",),
        "tags": ("Beach", "Sea"),
    }
    assert found.unused == ("xmp:Label",)


FACES = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:r="http://www.metadataworkinggroup.com/schemas/regions/"><rdf:Description rdf:about=""><r:Regions>
  <rdf:Description><r:RegionList><rdf:Bag><rdf:li><rdf:Description r:Name="Bob" r:Type="Face"/></rdf:li>
  <rdf:li><rdf:Description r:Name="Dog" r:Type="Pet"/></rdf:li></rdf:Bag></r:RegionList></rdf:Description>
  </r:Regions></rdf:Description></rdf:RDF>"""


def test_xmp_face_regions_are_performers() -> None:
    assert parse("xmp", FACES.encode()).performers == ("Bob",)


@table_test(
    ("thumbs", "cover"),
    [
        ("<thumb aspect='poster'>p</thumb><thumb aspect='landscape'>l</thumb>", "l"),
        ("<thumb>any</thumb><thumb aspect='poster'>p</thumb>", "p"),
        ("<thumb> </thumb><fanart><thumb>f</thumb></fanart>", "f"),
    ],
)
def test_cover_is_the_picture_with_video_aspect_ratio(thumbs: str, cover: str) -> None:
    assert movie(thumbs).cover == cover


def test_sidecar_file_names() -> None:
    assert names_beside("nfo", "/m/a.b/c") == ["/m/a.b/c.nfo"]
    assert names_beside("json", "/m/a.mp4") == ["/m/a.info.json", "/m/a.mp4.json", "/m/a.json"]
    assert names_beside("nfo", "C:\\m\\a.mp4") == ["C:\\m\\a.mp4.nfo", "C:\\m\\a.nfo"]
    assert names_beside("nfo", "/m/.hidden") == ["/m/.hidden.nfo"]
    assert folder_names("nfo", "/m/set") == ["/m/set/gallery.nfo", "/m/set/folder.nfo", "/m/set.nfo"]
    assert folder_names("xmp", "C:\\set") == ["C:\\set\\folder.xmp", "C:\\set.xmp"]


TEXT = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
LINES = st.text(TEXT, max_size=12).map(str.strip)
NAMES = st.lists(LINES.filter(bool), max_size=3, unique=True).map(tuple)
GROUPS = st.builds(GroupPlace, LINES.filter(bool), st.none() | st.integers(0, 10**6))
SIDECARS = st.builds(
    Sidecar,
    **dict.fromkeys(("title", "code", "director", "photographer", "studio", "cover"), LINES),
    **dict.fromkeys(("performers", "tags", "urls"), NAMES),
    details=st.text(TEXT | st.sampled_from("\n\t\r"), max_size=40).map(str.strip),
    date=st.sampled_from(["", "2024", "2024-02", "2024-02-29"]),
    rating100=st.none() | st.integers(1, 100),
    groups=st.lists(GROUPS, max_size=2).map(tuple),
    ids=st.lists(st.builds(SiteId, LINES, LINES.filter(bool)), max_size=2).map(tuple),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SIDECARS)
def test_written_sidecar_round_trips(sidecar: Sidecar) -> None:
    assert replace(nfo(write_nfo(sidecar)), unused=()) == sidecar


XML_PIECES = ("<movie>", "</movie>", "<title>", "</title>", "&", "&amp", "<![CDATA[", "]]>", "<!--", "-->")
OTHER_PIECES = ("<!DOCTYPE", "<?xml", "\0", "{", '"title":', "[", "]", "}", "1", '"x"', "#", ";", "\ufeff")
PIECES = st.sampled_from([*XML_PIECES, *OTHER_PIECES]).map(str.encode) | st.binary(max_size=6)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(FORMATS), st.lists(PIECES).map(b"".join))
def test_arbitrary_bytes_are_read_or_rejected(kind: str, data: bytes) -> None:
    try:
        found = parse(kind, data).facts
    except StashSidecarError:
        return
    assert is_text(json.loads(json.dumps(found, default=str)))


@table_test(
    "text", ["<![CDATA[" * 100_000, "<movie>" + "&" * 900_000, "<!--" * 200_000, "<movie>" + "<a/>" * 240_000]
)
def test_long_files_are_read_in_linear_time(text: str) -> None:
    began = process_time()
    with pytest.raises(StashSidecarError):
        nfo(text)
    assert process_time() - began < 5
