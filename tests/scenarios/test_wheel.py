"""The wheel that people install: built here without a network, unpacked beside the checkout, and run."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_PIP: Final = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(folder))
    subprocess.run([*_PIP, "wheel", str(ROOT), *options], check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel holds, to be put on the path."""
    folder = tmp_path_factory.mktemp("site")
    options = ("--no-deps", "--no-index", "--quiet", "--target", str(folder))
    subprocess.run([*_PIP, "install", *options, str(wheel)], check=True, capture_output=True)
    return folder


def run(folder: Path, site: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run what was installed, from a folder of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PREFLIGHT_")}
    environ |= {"PYTHONPATH": str(site), "PREFLIGHT_CACHE_DIR": str(folder / ".cache")}
    command = [sys.executable, "-P", "-m", "worker", *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)


def test_the_wheel_holds_all_that_is_needed_and_nothing_else(wheel: Path) -> None:
    """Code, statements, schemas and configs; no tests, no caches."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"worker"}
    for part in ("schemas", "config"):
        shipped = {
            name.removeprefix("worker/_shipped/") for name in names if name.startswith(f"worker/_shipped/{part}")
        }
        there = {str(path.relative_to(ROOT)) for path in (ROOT / part).rglob("*") if path.is_file()}
        assert shipped == there
    statements = [name for name in names if name.endswith(".sql")]
    assert len(statements) == len(list((ROOT / "worker").rglob("*.sql")))
    assert not [name for name in names if "__pycache__" in name or "test" in Path(name).stem.split("_")]


def test_it_runs_from_the_wheel_and_not_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    """The version, and where a shipped file comes from."""
    version = run(tmp_path, installed, "--version")
    where = "import worker.resources as r; print(r.path('schemas/job.schema.json'))"
    command = [sys.executable, "-P", "-c", where]
    found = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, check=True
    )
    assert version.stdout.startswith("preflight, version ")
    assert found.stdout.decode().startswith(str(installed))


def test_check_works_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """With a contract that came with the wheel."""
    contract = installed / "worker" / "_shipped" / "schemas" / "demo.openapi.yaml"
    config = f'[apis.shop]\nbase_url = "https://shop.example"\ncontract = "{contract}"\n'
    (tmp_path / "preflight.toml").write_text(config)
    (tmp_path / "orders.jsonl").write_text('{"operation": "createOrder", "params": {"shop": "ulm"}, "body": {}}\n')
    checked = run(tmp_path, installed, "check", "orders.jsonl", "--json")
    assert checked.returncode == 1, checked.stderr
    assert json.loads(checked.stdout.splitlines()[-1])["summary"]["bad"] == 1


def test_the_demo_works_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """The whole story, sandbox and all; the folder is empty afterwards."""
    told = run(tmp_path, installed, "demo", "--jobs", "300", "--json")
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    assert report["submitted"] == 300
    assert report["delivered"] > 200
    assert not report["sandbox"].keys() & {"400", "401", "415", "422", "429"}
    assert {path.name for path in tmp_path.iterdir()} <= {".cache"}
