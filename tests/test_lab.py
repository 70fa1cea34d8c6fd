import pytest

from hipext.data import notebooks_dir
from hipext.lab import check_user, copy_notebooks


def test_every_notebook_is_copied(tmp_path):
    said = list(copy_notebooks(tmp_path / "mine"))
    names = {path.name for path in notebooks_dir().glob("*.ipynb")}
    assert {path.name for path in (tmp_path / "mine").iterdir()} == names
    assert len(said) == len(names) > 0


def test_own_work_is_kept(tmp_path):
    list(copy_notebooks(tmp_path))
    mine = tmp_path / "01_first_plan.ipynb"
    mine.write_text("my work")
    said = list(copy_notebooks(tmp_path))
    assert mine.read_text() == "my work"
    assert said == [f"{mine}: yours is kept. Rename it to get a fresh copy beside it."]


def test_a_second_copy_of_the_same_says_nothing(tmp_path):
    list(copy_notebooks(tmp_path))
    assert list(copy_notebooks(tmp_path)) == []


def test_root_is_told_how_to_run_it_all_the_same(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    with pytest.raises(ValueError, match="hipext lab --allow-root"):
        check_user()
    assert check_user(allow_root=True) is None


def test_another_user_is_let_through(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    assert check_user() is None
