"""What lies beside the code: pages whose links resolve, locks that name no host, a changelog, a licence."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)
HOST = re.compile(
    r"https?://|file://|--(extra-)?index-url|--find-links|--trusted-host|(?<![\w.])/(tmp|home|work|root)/"
)
LOCKS = ("requirements.lock", "requirements-dev.lock")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(root: Path) -> Iterator[str]:
    """Links to files and headings of this repository that lead nowhere. Links to other hosts are not followed."""
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    for page in pages:
        for match in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
            target = match[1] or match[2]
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            there = (page.parent / name).resolve() if name else page
            if not there.exists():
                yield f"{page.relative_to(root)}: {target} does not exist"
            elif anchor and there.suffix == ".md" and anchor not in anchors(there):
                yield f"{page.relative_to(root)}: {target} has no such heading"


def hosts(text: str) -> Iterator[str]:
    """Lines of a lock that say where its author's packages came from, and requirements without a hash."""
    for number, line in enumerate(text.splitlines(), 1):
        if HOST.search(line):
            yield f"{number}: {line}"
        if re.match(r"[a-zA-Z0-9]", line) and not line.endswith("\\"):
            yield f"{number}: {line} has no hash"


def test_links_resolve() -> None:
    found = list(broken_links(ROOT))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    assert list(hosts((ROOT / lock).read_text(encoding="utf-8"))) == []


def test_the_dev_lock_holds_the_runtime_lock() -> None:
    runtime, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)) for lock in LOCKS
    )
    assert runtime - dev == set()


@pytest.mark.parametrize("name", ["CHANGELOG.md", "LICENSE", "README.md", "CONTRIBUTING.md", "Makefile", ".ci/run"])
def test_it_is_there_and_not_empty(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", ["gone.md", "#gone", "other.md#gone", "docs/gone.png"])
def test_a_broken_link_is_seen(tmp_path: Path, link: str) -> None:
    (tmp_path / "README.md").write_text(f"# A\n[x]({link}) [y](other.md#one-two) [z](https://example.com)\n")
    (tmp_path / "other.md").write_text("## One, two\n")
    assert len(list(broken_links(tmp_path))) == 1


@pytest.mark.parametrize(
    "line", ["--index-url https://example.com/simple", "x @ file:///tmp/x.whl \\", "# via -r /tmp/x.in", "x==1"]
)
def test_a_host_in_a_lock_is_seen(line: str) -> None:
    assert list(hosts(line))
