"""`make audit`: what is known against the dependencies that are locked, by pip-audit.

It needs the database of the package index. Where that is not reached, whole or in part, this is said, and is
no fault: only what is known makes the exit code 1.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"


def judge(dependencies: list[dict[str, Any]]) -> tuple[str, int]:
    """What pip-audit has found, in lines, and the exit code."""
    looked_up = [one for one in dependencies if "vulns" in one]
    known = [
        f"{one['name']} {one['version']}: {vuln['id']}, mended in {', '.join(vuln['fix_versions']) or 'none'}"
        for one in looked_up
        for vuln in one["vulns"]
    ]
    not_reached = len(dependencies) - len(looked_up)
    lines = [f"{len(looked_up)} dependencies looked up, {len(known)} vulnerabilities known.", *known]
    if not_reached or not dependencies:
        lines.append(f"The database does not tell of {not_reached or 'any'}: is it reached from here?")
    return "\n".join(lines), 1 if known else 0


def look_up(lock: Path) -> list[dict[str, Any]]:
    """What pip-audit says of each dependency of a lock; nothing where it comes to no end."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes"),
                *("--disable-pip", "--progress-spinner=off", "--format=json", f"--output={report}"),
            ],
            check=False,  # it says 1 for what is known, and for what it could not ask
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if not report.exists():
            return []
        dependencies: list[dict[str, Any]] = json.loads(report.read_text())["dependencies"]
        return dependencies


if __name__ == "__main__":
    said, code = judge(look_up(LOCK))
    sys.stdout.write(said + "\n")
    sys.exit(code)
