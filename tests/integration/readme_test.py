"""The README's pipeline runs and prints what the README says it prints."""

import re
import subprocess

from tests.conftest import HEADRACE, ROOT


def test_the_pipeline_of_the_readme_prints_what_the_readme_shows(tmp_path):
    readme = (ROOT / "README.md").read_text()
    pipeline = re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)[1]
    expected = re.search(r"```text\n(.*?)```", readme, re.DOTALL)[1].splitlines()
    file = tmp_path / "quickstart.yaml"
    file.write_text(pipeline.replace("path: examples", f"path: {ROOT}/examples"))
    done = subprocess.run([HEADRACE, "run", file, "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = done.stdout.replace(f"{tmp_path}/", "").splitlines()
    assert found[:-1] == expected[:-1]
    assert re.fullmatch(r"[\d.]+ s(, \w+ [\d.]+)+; peak memory .*", found[-1])
