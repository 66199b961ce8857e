"""python -m tools.docs_site FOLDER - write the pages of the documentation site; MkDocs makes HTML of them (mkdocs.yml).

The Markdown files of this repository are written for GitHub, and are not changed. The site also has the files of the
root, under other names. A link to a file that is not a page leads to the repository. If its address is not known, the
link becomes plain words. The address comes from these variables:

    GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_SHA     set by GitHub's runner
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The pages of the root, by their names on the site.
OF_THE_ROOT = {
    "index.md": "README.md",
    "quickstart.md": "QUICKSTART.md",
    "api-examples.md": "API_EXAMPLES.md",
    "architecture.md": "ARCHITECTURE.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "changelog.md": "CHANGELOG.md",
}
DIAGRAMS = ROOT / ".local" / "node" / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
FENCED = re.compile(r"^(```+).*?^\1$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
REMARK = re.compile(r"^<!-- .*? -->\n", re.MULTILINE | re.DOTALL)


def main(folder: str) -> int:
    """Write the pages from scratch. Returns 0."""
    place = Path(folder)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(ROOT / "docs", place)
    for name, text in pages(repository()).items():
        (place / name).write_text(text, encoding="utf-8")
    shutil.copy(DIAGRAMS, place / "assets" / "mermaid.js")
    return 0


def pages(repository: str) -> dict[str, str]:
    """The text of every page by its path on the site."""
    names = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    sources = {name: ROOT / source_of(name) for name in [*OF_THE_ROOT, *sorted(names)]}
    return {name: on_site(file.read_text(encoding="utf-8"), name, repository) for name, file in sources.items()}


def on_site(markdown: str, page: str, repository: str) -> str:
    """The text of a page with its links moved, without the remarks that say how its commands are tested.

    `page` is its path on the site; `repository` is an address, or empty.
    """
    parts, end = [], 0
    for fence in FENCED.finditer(markdown):
        parts += [
            moved(markdown[end : fence.start()], page, repository),
            fence[0],
            "\n",
        ]  # blocks need a line between them
        end = fence.end()
    return "".join([*parts, moved(markdown[end:], page, repository)])


def moved(text: str, page: str, repository: str) -> str:
    """Text between fenced blocks, with each link led to where its file is."""

    def lead(link: re.Match[str]) -> str:
        image, words, target, anchor = link[1], link[2], link[3], link[4] or ""
        if not target or ":" in target:
            return link[0]
        place = address(source_of(page), target, page, repository)
        return f"{image}[{words}]({place}{anchor})" if place else words

    return LINK.sub(lead, REMARK.sub("", text))


def address(source: str, target: str, page: str, repository: str) -> str:
    """Where a link of the file `source` leads from the page `page`; empty when the site has no such place."""
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    pages = {source: name for name, source in OF_THE_ROOT.items()}
    if (ROOT / file).is_dir() and (ROOT / file / "README.md").is_file():
        file += "/README.md"
    there = pages.get(file) or (file.removeprefix("docs/") if file.startswith("docs/") else "")
    if there:
        return posixpath.relpath(there, posixpath.dirname(page) or ".")
    return f"{repository}/blob/{os.environ.get('GITHUB_SHA', 'HEAD')}/{file}" if repository else ""


def source_of(page: str) -> str:
    """The file of the repository that a page of the site is made of."""
    return OF_THE_ROOT.get(page, f"docs/{page}")


def repository() -> str:
    """The address of the repository, where GitHub runs the build; empty elsewhere."""
    server, name = (os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    return f"{server}/{name}" if server and name else ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
