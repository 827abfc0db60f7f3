"""Linked media: pictures, covers, videos, captions, and no other file on disk."""

from __future__ import annotations

import gzip
import io
import time
from pathlib import Path

import httpx
import pytest
from library_client import PICTURE
from PIL import Image
from scan_library import picture, write_picture, write_video, write_zip

SRT = "1\r\n00:00:01,500 --> 00:00:02,000\r\nHello, you\r\n"


class Served:
    """A served library over a media folder."""

    def __init__(self, url: str, media: Path) -> None:
        self.url = url
        self.media = media
        media.mkdir()
        stashes = [{"path": str(media), "excludeVideo": False, "excludeImage": False}]
        self.ask(
            "mutation($s: [StashConfigInput!]) { configureGeneral(input: {stashes: $s}) { logLevel } }",
            s=stashes,
        )

    def ask(self, document: str, **variables):
        response = httpx.post(f"{self.url}/graphql", json={"query": document, "variables": variables}).json()
        assert "errors" not in response, response
        return next(iter(response["data"].values()))

    def scan(self) -> None:
        self.ask("mutation { metadataScan(input: {}) }")
        deadline = time.monotonic() + 20
        while self.ask("{ jobQueue { id } }") and time.monotonic() < deadline:
            time.sleep(0.02)

    def get(self, link: str, **headers: str) -> httpx.Response:
        return httpx.get(link if link.startswith("http") else self.url + link, headers=headers)

    def images(self) -> dict[str, dict]:
        """File name -> path of each image."""
        found = self.ask(
            "{ allImages { id visual_files { ...on BaseFile { basename } } paths { image thumbnail } } }"
        )
        return {image["visual_files"][0]["basename"]: image["paths"] | {"id": image["id"]} for image in found}


@pytest.fixture
def served(served_url: str, tmp_path: Path) -> Served:
    return Served(served_url, tmp_path / "media")


def size_of(answer: httpx.Response) -> tuple[int, int]:
    with Image.open(io.BytesIO(answer.content)) as opened:
        return opened.size


def test_image_is_its_file_and_has_a_small_thumbnail(served):
    large = write_picture(served.media / "large.png", 1, size=(1300, 650))
    small = write_picture(served.media / "small.jpg", 2, size=(64, 48), kind="JPEG")
    served.scan()
    paths = served.images()
    whole = served.get(paths["large.png"]["image"])
    assert (whole.content, whole.headers["content-type"]) == (large.read_bytes(), "image/png")
    assert whole.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert served.get(f"/image/{paths['large.png']['id']}/image").headers["cache-control"] == "no-cache"
    thumbnail = served.get(paths["large.png"]["thumbnail"])
    assert (size_of(thumbnail), thumbnail.headers["content-type"]) == ((640, 320), "image/jpeg")
    assert served.get(paths["small.jpg"]["thumbnail"]).content == small.read_bytes()


def test_thumbnail_is_upright_transparent_and_current(served):
    turned = Image.Exif()
    turned[0x0112] = 6
    write_picture(served.media / "turned.jpg", 1, size=(1200, 800), kind="JPEG", exif=turned)
    clear = io.BytesIO()
    Image.new("RGBA", (800, 800), (9, 9, 9, 0)).save(clear, "PNG")
    (served.media / "clear.png").write_bytes(clear.getvalue())
    served.scan()
    paths = served.images()
    assert size_of(served.get(paths["turned.jpg"]["thumbnail"])) == (427, 640)
    with Image.open(io.BytesIO(served.get(paths["clear.png"]["thumbnail"]).content)) as thumbnail:
        assert (thumbnail.size, thumbnail.getpixel((5, 5))[3]) == ((640, 640), 0)
    write_picture(served.media / "clear.png", 1, size=(1000, 500))
    assert size_of(served.get(paths["clear.png"]["thumbnail"])) == (640, 320)


def test_zip_members_are_served(served):
    inside = {"b/2.png": picture(2, (700, 700)), "a 1.png": picture(1), "readme.txt": b"no picture"}
    write_zip(served.media / "set.zip", inside)
    served.scan()
    paths = served.images()
    whole = served.get(paths["a 1.png"]["image"])
    assert (whole.content, whole.headers["content-type"]) == (inside["a 1.png"], "image/png")
    part = served.get(paths["2.png"]["image"], Range="bytes=1-3")
    assert (part.status_code, part.content) == (206, b"PNG")
    assert part.headers["content-range"] == f"bytes 1-3/{len(inside['b/2.png'])}"
    assert size_of(served.get(paths["2.png"]["thumbnail"])) == (640, 640)
    (served.media / "set.zip").unlink()
    assert served.get(paths["a 1.png"]["image"]).status_code == 404


def test_gallery_serves_its_cover_and_images_by_index(served):
    write_zip(served.media / "set.zip", {"1.png": picture(1), "2.png": picture(2), "cover.png": picture(3)})
    served.scan()
    (gallery,) = served.ask(
        "{ allGalleries { id paths { cover preview } files { fingerprints { value } } } }"
    )
    assert served.get(gallery["paths"]["cover"]).content == picture(3)
    assert served.get(gallery["paths"]["preview"] + "/1").content == picture(2)
    by_hash = f"/gallery/{gallery['files'][0]['fingerprints'][0]['value']}/preview/0"
    assert served.get(by_hash).content == picture(1)
    for index, answer in (("3", (404, "Not Found")), ("x", (400, "bad index")), ("-1", (400, "bad index"))):
        found = served.get(f"{gallery['paths']['preview']}/{index}")
        assert (found.status_code, found.text) == answer
    assert served.get(f"{gallery['paths']['preview']}/{'9' * 30}").status_code == 404
    assert served.get("/gallery/9/cover").status_code == 404


def test_video_is_streamed_whole_or_by_range(served):
    path = write_video(served.media / "a.mkv", 1)
    served.scan()
    scene = served.ask(
        "{ findScene(id: 1) { paths { stream } sceneStreams { url mime_type }"
        " files { fingerprints { value } } } }"
    )
    content = path.read_bytes()
    stream = scene["paths"]["stream"]
    assert scene["sceneStreams"] == [{"url": stream, "mime_type": "video/x-matroska"}]
    whole = served.get(stream)
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, content, "bytes")
    assert whole.headers["content-type"] == "video/x-matroska"
    for span, first, last in (("5-9", 5, 10), ("5-", 5, None), ("-7", -7, None)):
        part = served.get(stream, Range=f"bytes={span}")
        assert (part.status_code, part.content) == (206, content[first:last])
    assert served.get(stream, Range=f"bytes={len(content)}-").status_code == 416
    known = served.get(stream, **{"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    for print_ in scene["files"][0]["fingerprints"]:
        assert served.get(f"/scene/{print_['value']}/stream").content == content


def test_head_returns_the_size_without_a_body(served):
    path = write_video(served.media / "a.mp4", 1)
    served.scan()
    response = httpx.head(f"{served.url}/scene/1/stream")
    assert (response.status_code, response.headers["content-length"], response.content) == (
        200,
        str(path.stat().st_size),
        b"",
    )


def test_stream_links_contain_the_key(served):
    write_video(served.media / "a.mp4", 1)
    served.scan()
    served.ask('mutation { configureGeneral(input: {username: "ada", password: "x"}) { username } }')
    with httpx.Client(base_url=served.url) as client:
        client.post("/login", data={"username": "ada", "password": "x"})
        key = client.post("/graphql", json={"query": "mutation { generateAPIKey(input: {}) }"}).json()[
            "data"
        ]["generateAPIKey"]
        query = "{ findScene(id: 1) { paths { stream screenshot } sceneStreams { url } } }"
        scene = client.post("/graphql", json={"query": query}).json()["data"]["findScene"]
    assert (
        scene["paths"]["stream"]
        == scene["sceneStreams"][0]["url"]
        == f"{served.url}/scene/1/stream?apikey={key}"
    )
    assert "apikey" not in scene["paths"]["screenshot"]
    assert served.get(scene["paths"]["stream"]).status_code == 200
    assert served.get("/scene/1/stream").status_code == 302


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_captions_are_served_as_webvtt(served, encoding):
    write_video(served.media / "a.mp4", 1)
    (served.media / "a.de.srt").write_bytes(SRT.encode(encoding))
    (served.media / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nx\n")
    served.scan()
    german = served.get("/scene/1/caption?lang=de&type=srt")
    assert german.headers["content-type"] == "text/vtt; charset=utf-8"
    assert german.text == "WEBVTT\n\n1\n00:00:01.500 --> 00:00:02.000\nHello, you\n"
    assert served.get("/scene/1/caption?lang=00&type=vtt").text.startswith("WEBVTT\n\n00:00.000")
    for query in ("", "?lang=de&type=vtt", "?lang=en&type=srt"):
        assert served.get(f"/scene/1/caption{query}").status_code == 404


def test_funscripts_and_chapters_of_a_video(served):
    write_video(served.media / "a.mp4", 1)
    (served.media / "a.funscript").write_text('{"actions": []}')
    served.scan()
    assert served.get("/scene/1/funscript").text == '{"actions": []}'
    for name in ("one", "two"):
        served.ask("mutation($n: String!) { tagCreate(input: {name: $n}) { id } }", n=name)
    create = (
        "mutation($i: SceneMarkerCreateInput!) { sceneMarkerCreate(input: $i) { screenshot preview stream } }"
    )
    given = {"scene_id": "1", "primary_tag_id": "1"}
    served.ask(create, i={**given, "title": "", "seconds": 0.5, "tag_ids": ["2"]})
    marker = served.ask(create, i={**given, "title": "intro", "seconds": 0.25, "end_seconds": 0.4})
    assert served.get("/scene/1/vtt/chapter").text == (
        "WEBVTT\n\n1\n00:00:00.250 --> 00:00:00.400\nintro\n\n2\n00:00:00.500 --> 00:00:01.000\none, two\n"
    )
    assert size_of(served.get(marker["screenshot"])) == (64, 48)
    preview = served.get(marker["preview"])
    assert (preview.headers["content-type"], preview.headers["cache-control"]) == (
        "image/svg+xml",
        "no-store",
    )
    assert served.get(marker["stream"]).status_code == 404
    assert served.get("/scene/1/scene_marker/9/screenshot").status_code == 404
    assert served.get("/scene/2/scene_marker/1/screenshot").status_code == 404


def test_missing_picture_is_served_as_a_default_drawing(served):
    links = [
        served.ask('mutation { performerCreate(input: {name: "a"}) { image_path } }')["image_path"],
        served.ask('mutation { studioCreate(input: {name: "a"}) { image_path } }')["image_path"],
        served.ask('mutation { tagCreate(input: {name: "a"}) { image_path } }')["image_path"],
        served.ask('mutation { groupCreate(input: {name: "a"}) { front_image_path } }')["front_image_path"],
    ]
    assert all(link.endswith("&default=true") for link in links)
    scene = served.ask('mutation { sceneCreate(input: {title: "a"}) { paths { screenshot } } }')
    gallery = served.ask('mutation { galleryCreate(input: {title: "a"}) { paths { cover } } }')
    links += [scene["paths"]["screenshot"], gallery["paths"]["cover"], "/group/1/backimage"]
    drawings = [served.get(link) for link in links]
    assert {drawing.headers["content-type"] for drawing in drawings} == {"image/svg+xml"}
    assert {drawing.status_code for drawing in drawings} == {200}
    assert "default-src 'none'" in drawings[0].headers["content-security-policy"]
    assert len({drawing.text for drawing in drawings}) == 6


def test_own_picture_is_served_unless_the_default_is_requested(served):
    served.ask('mutation($p: String!) { tagCreate(input: {name: "a", image: $p}) { id } }', p=PICTURE)
    assert served.get("/tag/1/image").headers["content-type"] == "image/png"
    assert served.get("/tag/1/image?default=true").headers["content-type"] == "image/svg+xml"


def test_text_is_compressed_and_pictures_are_not(served):
    served.ask('mutation($p: String!) { tagCreate(input: {name: "a", image: $p}) { id } }', p=PICTURE)
    with httpx.stream(
        "GET", f"{served.url}/tag/1/image?default=true", headers={"Accept-Encoding": "gzip"}
    ) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())).startswith(b"<svg")
    assert "content-encoding" not in served.get("/tag/1/image").headers


ABSENT = {
    400: ("/scene/x/stream", "/performer/x/image", "/tag/x/image"),
    404: (
        *("/scene/9/stream", "/performer/9/image", "/image/9/image", f"/performer/{'9' * 40}/image"),
        *("/image/x/image", "/gallery/x/cover", "/scene/1/stream", "/scene/1/funscript", "/scene/1/caption"),
        *("/scene/1/webp", "/scene/1/preview", "/scene/1/stream.m3u8", "/scene/0123456789abcdef/stream"),
        "/scene/0123456789abcdef_sprite.jpg",
    ),
}


def test_unknown_paths_are_404(served):
    served.ask('mutation { sceneCreate(input: {title: "without files"}) { id } }')
    for status, paths in ABSENT.items():
        assert {path: served.get(path).status_code for path in paths} == dict.fromkeys(paths, status)


def test_deleted_file_is_404_with_a_default_thumbnail(served):
    path = write_picture(served.media / "a.png", 1, size=(800, 800))
    served.scan()
    paths = served.images()["a.png"]
    path.unlink()
    assert served.get(paths["image"]).status_code == 404
    assert served.get(paths["thumbnail"]).headers["content-type"] == "image/svg+xml"
    path.write_bytes(b"no picture any more")
    assert served.get(paths["image"]).status_code == 404
    assert served.get(paths["thumbnail"]).headers["content-type"] == "image/svg+xml"
    path.unlink()
    path.mkdir()
    assert served.get(paths["image"]).status_code == 404


def test_nothing_outside_the_library_is_served(served, tmp_path):
    write_picture(tmp_path / "secret.png", 1)
    write_picture(served.media / "a.png", 2)
    write_video(served.media / "b.mp4", 3)
    served.scan()
    served.ask("mutation { configureGeneral(input: {stashes: []}) { logLevel } }")
    for path in (
        "/image/1/image",
        "/scene/1/stream",
        "/image/..%2f..%2fsecret.png/image",
        "/image//etc/passwd",
    ):
        assert served.get(path).status_code == 404
    assert served.get("/image/1/thumbnail").headers["content-type"] == "image/svg+xml"
