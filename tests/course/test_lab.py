import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from browser_pages import TOKEN, free_port, own_places

from hipext.course import lab
from hipext.course.lab import (
    check_user,
    copy_notebooks,
    send_at_once,
)
from hipext.course.lab import (
    launch_lab as launch,
)
from hipext.files.io import data_dir, notebooks_dir

COMPILED = re.compile(r"\bcompiled\((\w+)\)\(")
WEBSOCKET_MODULE = "jupyter_server.services.kernels.websocket"
SPIED_LAB = """
import socket, sys
from contextlib import contextmanager
from pathlib import Path
from hipext.course import lab

def spied():
    patched()
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler as H
    opened = H.open
    async def open(self, kernel_id):
        done = await opened(self, kernel_id)
        connection = self.ws_connection.stream.socket
        option = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        Path("nodelay").write_text(str(option != 0))
        return done
    H.open = open

patched, lab.send_at_once = lab.send_at_once, spied
if sys.argv[2] == "without":
    patched = lambda: None
lab.launch_lab(Path("."), browser=False, port=int(sys.argv[1]), allow_root=True)
"""


def test_the_whole_course_is_copied(tmp_path):
    said = list(copy_notebooks(tmp_path / "mine"))
    names = {
        path.relative_to(tmp_path / "mine").as_posix()
        for path in (tmp_path / "mine").rglob("*.*")
    }
    notebooks = {path.name for path in notebooks_dir().glob("*.ipynb")}
    guides = {path.name for path in notebooks_dir().glob("*.md")}
    flaws = {f"data/flaws/{path.name}" for path in (data_dir() / "flaws").iterdir()}
    assert names == notebooks | guides | flaws
    assert guides >= {"README.md", "TEACHING.md"}
    assert len(said) == len(names)
    assert min(map(len, (notebooks, flaws))) > 5


def test_links_of_the_guides_lead_somewhere(tmp_path):
    list(copy_notebooks(tmp_path))
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "data/flaws/flaw_1.toml" in text
    assert (tmp_path / "data" / "flaws" / "flaw_1.toml").is_file()


def test_own_work_is_kept(tmp_path):
    list(copy_notebooks(tmp_path))
    mine = tmp_path / "01_first_plan.ipynb"
    mine.write_text("my work")
    said = list(copy_notebooks(tmp_path))
    assert mine.read_text() == "my work"
    assert said == [f"{mine}: yours is kept. Rename it to get a fresh copy beside it."]


def test_work_behind_a_link_is_kept(tmp_path):
    elsewhere = tmp_path / "elsewhere.ipynb"
    (tmp_path / "01_first_plan.ipynb").symlink_to(elsewhere)  # not there yet
    list(copy_notebooks(tmp_path))
    assert not elsewhere.exists()


def test_a_second_copy_of_the_same_says_nothing(tmp_path):
    list(copy_notebooks(tmp_path))
    assert list(copy_notebooks(tmp_path)) == []


def test_root_is_refused_with_the_way_to_run_it_all_the_same(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    with pytest.raises(ValueError, match="hipext lab --allow-root"):
        check_user()
    with pytest.raises(ValueError, match="hipext app --allow-root"):
        check_user(command="app")
    assert check_user(allow_root=True) is None


def test_another_user_is_let_through(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    assert check_user() is None


def test_a_missing_jupyterlab_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    with pytest.raises(ValueError, match=r"pip install 'hipext\[lab\]'"):
        launch(tmp_path)


# --- machine code ---

NAMES_MADE = """
from importlib import import_module
engine = import_module("hipext.engine.compiled")
names = []
original = engine.compiled
def spied(function):
    names.append(function.__name__)
    return original(function)
engine.compiled = spied
from hipext.explorers.cached_runs import compile_day_loop
compile_day_loop()
print(*sorted({*names}))
"""


def test_all_that_is_compiled_is_made_before_it_is_asked_for():
    done = [sys.executable, "-P", "-c", NAMES_MADE]
    made = subprocess.run(done, capture_output=True, text=True, check=True).stdout
    texts = (path.read_text() for path in Path(lab.__file__).parents[1].rglob("*.py"))
    asked_for = {name for text in texts for name in COMPILED.findall(text)}
    assert {*made.split()} == asked_for
    assert len(asked_for) == 2


def test_machine_code_is_made_by_another_process_until_the_server_ends(monkeypatch):
    started = []

    class Maker(subprocess.Popen):
        def __init__(self, command, **options):
            waits = [sys.executable, "-c", "import time; time.sleep(600)"]
            super().__init__(waits, **options)
            started.append((command, self))

    monkeypatch.setattr(lab, "Popen", Maker)
    with lab.compile_in_background():
        ((command, maker),) = started
        assert command[-2:] == ["-m", "hipext.explorers.cached_runs"]
        assert maker.poll() is None
    assert maker.poll() is not None


def test_without_numba_there_is_nothing_to_make(monkeypatch):
    monkeypatch.setattr("hipext.engine.compiled.can_compile", lambda: False)
    monkeypatch.setattr(lab, "Popen", None)
    with lab.compile_in_background():
        pass


# --- small messages at once ---


def module_with(monkeypatch, **names):
    """Put another module in the place of the server's."""
    module = ModuleType(WEBSOCKET_MODULE)
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, WEBSOCKET_MODULE, module)


def run(coroutine):
    """Return what a coroutine returns that waits for nothing."""
    with pytest.raises(StopIteration) as stop:
        coroutine.send(None)
    return stop.value.value


def test_a_server_without_that_module_or_class_is_only_slower(monkeypatch):
    monkeypatch.setitem(sys.modules, WEBSOCKET_MODULE, None)
    assert send_at_once() is None
    module_with(monkeypatch)
    assert send_at_once() is None
    module_with(monkeypatch, KernelWebsocketHandler=type("Handler", (), {}))
    assert send_at_once() is None


def test_a_connection_that_cannot_be_set_is_only_slower(monkeypatch):
    class Handler:
        async def open(self, kernel_id):
            return f"open {kernel_id}"

        def set_nodelay(self, _value):
            raise RuntimeError("not so")

    module_with(monkeypatch, KernelWebsocketHandler=Handler)
    send_at_once()
    assert run(Handler().open("k")) == "open k"


def asked(port, path, *, token=TOKEN, method="GET"):
    """Return the status and the text of an answer."""
    headers = {"Authorization": f"token {token}"} if token else {}
    request = Request(f"http://127.0.0.1:{port}{path}", headers=headers, method=method)
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""


@contextmanager
def websocket(port, path):
    """Open a websocket; give the first line of the answer."""
    lines = (
        f"GET {path}?token={TOKEN} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection.recv(100).decode().splitlines()[0]


def wait_until(condition, seconds=90):
    """Return the first true value of a condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


def listening_places(port):
    """Return where a port is listened on, as Linux has it; nothing elsewhere."""
    table = Path("/proc/net/tcp")
    lines = table.read_text().splitlines()[1:] if table.exists() else []
    rows = [line.split() for line in lines]
    is_here = f":{port:04X}"
    return {row[1] for row in rows if row[1].endswith(is_here) and row[3] == "0A"}


@pytest.fixture
def server(request, tmp_path):
    """Return the port of a JupyterLab that `launch` runs, with a spy in it."""
    port = free_port()
    command = [sys.executable, "-c", SPIED_LAB, str(port), request.param]
    environment = own_places(tmp_path) | {"JUPYTER_TOKEN": TOKEN}
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:

        def answers():
            assert process.poll() is None
            try:
                return asked(port, "/api")[0] == 200
            except (URLError, ConnectionError):
                return False

        try:
            wait_until(answers)
            yield port
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("server", "is_set"),
    [pytest.param("with", "True", marks=pytest.mark.slow), ("without", "False")],
    indirect=["server"],
)
def test_a_real_server_sends_at_once_and_wants_its_token(server, is_set, tmp_path):
    assert asked(server, "/api/contents", token="")[0] == 403
    assert listening_places(server) <= {f"0100007F:{server:04X}"}  # 127.0.0.1
    text = asked(server, "/api/kernels", method="POST")[1]
    kernel = text.split('"id": "')[1].split('"')[0]
    spied = tmp_path / "nodelay"
    with websocket(server, f"/api/kernels/{kernel}/channels") as answer:
        assert answer.split()[1] == "101"
        wait_until(lambda: spied.exists() and spied.read_text())
    assert spied.read_text() == is_set
