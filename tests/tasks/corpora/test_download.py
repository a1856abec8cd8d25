import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tunescope.errors import InputError, TunescopeError
from tunescope.tasks.corpora import download
from tunescope.tasks.corpora.download import get, status
from tunescope.tasks.corpora.sources import Corpus, CorpusFile
from tunescope.tasks.readers.files import git_blob_id

CONTENT = {
    "part/one.label": b"NUM:count How many ?\n" * 5000,
    "two.label": b"LOC:city Where ?\n",
}


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT, or misbehaves as the path asks."""

    asked: list[str]

    def do_GET(self):
        behaviour, _, path = self.path.lstrip("/").partition("/")
        self.asked.append(self.path)
        body = CONTENT.get(path)
        if body is None or (behaviour == "missing" and path == "two.label"):
            self.send_error(404)
            return
        if behaviour == "wrong":
            body = body.replace(b"?", b"!")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if behaviour == "interrupted":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.close()
        else:
            self.wfile.write(body)

    def log_message(self, *args):
        """Stay quiet."""


@pytest.fixture
def server():
    handler = type("Asked", (Handler,), {"asked": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    running.url = f"http://127.0.0.1:{running.server_port}"
    running.asked = handler.asked
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def source(monkeypatch, nowhere):
    """A source of two files, known by both kinds of id, instead of the real ones."""
    one, two = CONTENT.values()
    small = Corpus(
        name="small",
        title="Small",
        page="",
        base="http://127.0.0.1:9",
        licence="CC0",
        files=(
            CorpusFile("train", "part/one.label", f"git:{git_blob_id(one)}"),
            CorpusFile("test", "two.label", f"sha256:{hashlib.sha256(two).hexdigest()}"),
        ),
    )
    monkeypatch.setattr(download, "CORPORA", {"small": small})
    return small


def whole(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WANTED = {"one.label": CONTENT["part/one.label"], "two.label": CONTENT["two.label"]}


def test_files_come_whole_and_nothing_else_with_them(server, tmp_path):
    paths = get("small", tmp_path / "here", base_url=f"{server.url}/ok")
    assert [path.name for path in paths] == ["one.label", "two.label"]
    assert whole(tmp_path / "here") == WANTED
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in paths)


def test_what_is_here_is_not_fetched_again(server, tmp_path):
    for _ in range(2):
        get("small", tmp_path, base_url=f"{server.url}/ok")
    assert len(server.asked) == 2


def test_downloads_are_kept_in_the_cache_or_the_named_folder(
    server, nowhere, tmp_path, monkeypatch
):
    get("small", base_url=f"{server.url}/ok")
    assert whole(nowhere / "small") == WANTED
    monkeypatch.setenv("TUNESCOPE_DATA", str(tmp_path / "named"))
    get("small", base_url=f"{server.url}/ok")
    assert whole(tmp_path / "named" / "small") == WANTED


def test_other_bytes_are_refused_and_not_kept(server, tmp_path):
    with pytest.raises(TunescopeError, match=r"one.label: \d+ bytes with git:.* expected git:"):
        get("small", tmp_path, base_url=f"{server.url}/wrong")
    assert whole(tmp_path) == {}


def test_a_download_that_breaks_off_leaves_nothing(server, tmp_path):
    with pytest.raises(TunescopeError, match=r"one.label: the download failed"):
        get("small", tmp_path, base_url=f"{server.url}/interrupted")
    assert whole(tmp_path) == {}


def test_a_missing_file_is_said_and_the_whole_ones_stay(server, tmp_path):
    with pytest.raises(TunescopeError, match=r"two.label: the download failed: 404"):
        get("small", tmp_path, base_url=f"{server.url}/missing")
    assert whole(tmp_path) == {"one.label": WANTED["one.label"]}
    get("small", tmp_path, base_url=f"{server.url}/ok")
    assert whole(tmp_path) == WANTED
    assert sum("one.label" in path for path in server.asked) == 1


def test_nobody_at_the_address_is_a_failure_not_wrong_input(tmp_path):
    with pytest.raises(TunescopeError, match="the download failed") as caught:
        get("small", tmp_path)
    assert not isinstance(caught.value, InputError)


def test_an_interrupt_leaves_nothing(server, tmp_path):
    def stop(name, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get("small", tmp_path, stop, base_url=f"{server.url}/ok")
    assert whole(tmp_path) == {}


def test_progress_ends_at_the_size_of_the_file(server, tmp_path):
    calls = []
    get("small", tmp_path, lambda *call: calls.append(call), base_url=f"{server.url}/ok")
    for name, content in WANTED.items():
        done = [(d, total) for file, d, total in calls if file == name]
        assert done[-1] == (len(content), len(content))
        assert done == sorted(done)


def test_a_file_of_the_user_is_not_overwritten(server, tmp_path):
    mine = tmp_path / "small" / "one.label"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    with pytest.raises(InputError, match=r"one.label: is here already with git:.*move it away"):
        get("small", tmp_path, base_url=f"{server.url}/ok")
    assert mine.read_bytes() == b"mine"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        get("small", tmp_path / "file")


def test_an_unknown_name_says_the_nearest():
    with pytest.raises(InputError, match="no task is called 'smal'; did you mean 'small'"):
        get("smal")


def test_what_is_built_in_needs_no_download():
    assert get("demo-pos") == []


def test_status_tells_what_is_here(write, nowhere, monkeypatch):
    monkeypatch.undo()
    monkeypatch.delenv("TUNESCOPE_DATA", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(nowhere.parent))
    rows = {row.task: row for row in status()}
    assert not rows["pos"].here
    assert rows["demo-pos"].here
    assert rows["demo-pos"].licence == "CC0 1.0"
    assert rows["ps-role"].urls[0].endswith("/train/streusle.ud_train.conllulex")
    nowhere.mkdir(parents=True)
    mine = nowhere / "en_pud-ud-test.conllu"
    mine.write_text("mine")
    row = {row.task: row for row in status()}["dep"]
    assert row.here
    assert not row.published
    assert list(row.files) == [str(mine)]
