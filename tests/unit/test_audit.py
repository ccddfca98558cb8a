"""What is known against a dependency makes an audit fail; that nobody could be asked does not. It is said."""

import pytest

from deploy.audit import judge

FINE = {"name": "fine", "version": "1", "vulns": []}
BAD = {"name": "bad", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"], "aliases": []}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("dependencies", "said", "code"),
    [
        ([FINE], "1 dependencies looked up, 0 vulnerabilities known.", 0),
        (
            [FINE, BAD],
            "2 dependencies looked up, 1 vulnerabilities known.\nbad 2: CVE-1, mended in 3",
            1,
        ),
        (
            [FINE, UNKNOWN],
            (
                "1 dependencies looked up, 0 vulnerabilities known.\n"
                "The database does not tell of 1: is it reached from here?"
            ),
            0,
        ),
        (
            [],
            (
                "0 dependencies looked up, 0 vulnerabilities known.\n"
                "The database does not tell of any: is it reached from here?"
            ),
            0,
        ),
    ],
    ids=["fine", "known", "not all reached", "not reached"],
)
def test_what_is_said(dependencies: list[dict[str, object]], said: str, code: int) -> None:
    assert judge(dependencies) == (said, code)
