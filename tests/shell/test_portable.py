"""The scripts, the Makefile and the commands of the documents run on macOS too: bash 3.2, BSD tools, no /proc."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import documents
from tests.support.server import ROOT

SCRIPTS = [*sorted(ROOT.glob("*.sh")), *sorted((ROOT / "tools").glob("*.sh")), ROOT / ".ci" / "run", ROOT / "Makefile"]
ONLY = {  # what to look for, and what is wrong with it
    r"\bsed\s+(-\w+\s+)*-\w*[irz]": "sed -i, -r and -z differ on BSD",
    r"\bsed\b[^|\n]*\\[+?|]": "\\+, \\? and \\| are GNU's in sed",
    r"\bdate\s+(-\w+\s+)*(-d|--)": "BSD's date has no -d",
    r"\bdate\b[^|\n]*%[0-9]*N": "BSD's date has no nanoseconds",
    r"\bstat\s+(-c|--)": "BSD's stat has no -c",
    r"\bmktemp\b[^|;\n)]*(--|-p\b)": "BSD's mktemp has no long options and no -p",
    r"\breadlink\s+-[fem]|\brealpath\b": "not on older macOS",
    r"\bgrep\s+(-\w+\s+)*-\w*P": "BSD's grep has no -P",
    r"\bxargs\s+(-\w+\s+)*(-\w*[rd]\b|--)": "BSD's xargs has no -r and no -d",
    r"\bbase64\s+(-w|--wrap)": "BSD's base64 has no -w",
    r"\bhead\s+-[nc]\s*-|\btail\s+--": "BSD's head cannot count from the end",
    r"\bfind\b[^|\n]*-(printf|regextype|readable)\b": "BSD's find has none of these",
    r"\bsort\s+(-\w+\s+)*-\w*V": "older BSD's sort has no -V",
    r"\b(cp|ln|mv|rm|ls|mkdir|touch|du|tr|wc|cut|sort|grep|awk)\s+(-\w+\s+)*--\w": "BSD's tools have no long options",
    r"(?<!-)\b(flock|timeout|nproc|setsid|tac|seq -w|numfmt|shuf)\s": "not on macOS",
    r"/proc/": "not on macOS",
    r"\b(mapfile|readarray|coproc)\b": "not in bash 3.2",
    r"\b(declare|local|typeset)\s+-\w*[Anlu]": "not in bash 3.2",
    r"\$\{\w+(\[[^]]*\])?(\^|,|@[A-Z])": "not in bash 3.2",
    r"\[\[? -v ": "not in bash 3.2",
    r"\$\{\w+\[-": "not in bash 3.2",
    r"&>>|\|&|\bwait -n": "not in bash 3.2",
    r"%\([^)]*\)T|\$EPOCH|\$\{EPOCH": "not in bash 3.2",
}


def faults(text: str) -> list[str]:
    """Each line that asks for what only GNU or a newer bash has, with the reason."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [f"{line.strip()}: {why}" for line in lines for pattern, why in ONLY.items() if re.search(pattern, line)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_runs_on_macos_too(script: Path) -> None:
    assert faults(script.read_text()) == []


def test_the_commands_of_the_documents_do_too() -> None:
    blocks = [block for page in documents() for block in page.blocks if block.language == "sh"]
    assert {block.place: faults(block.text) for block in blocks if faults(block.text)} == {}


@pytest.mark.parametrize("script", [path for path in SCRIPTS if path.name != "Makefile"], ids=lambda path: path.name)
def test_an_array_that_may_be_empty_is_written_for_bash_3_2(script: Path) -> None:
    """There, `"${more[@]}"` of an empty array is an unset variable under `set -u`."""
    text = script.read_text()
    empty = set(re.findall(r"\b(\w+)=\(\)", text))
    bare = {name for name in empty if re.search(rf'(?<!\+)"\$\{{{name}\[@\]\}}"', text)}
    assert bare == set()


@pytest.mark.parametrize(
    "line",
    [
        "sed -i 's/a/b/' file",
        "sed -E -i.bak s/a/b/ file",
        "sed 's/a\\+/b/'",
        "date -d tomorrow",
        "date -u +%s%3N",
        "stat -c %s file",
        'mktemp -d -p "$folder"',
        "readlink -f x",
        "grep -oP x",
        "xargs -r rm",
        "base64 -w0",
        "head -n -1",
        "find . -printf %s",
        "sort -V",
        "ls --color",
        "flock lock true",
        "cat /proc/self/stat",
        "mapfile -t lines",
        "declare -A map",
        "local -n other=$1",
        'echo "${name,,}"',
        'echo "${name^}"',
        "[[ -v name ]]",
        'echo "${names[-1]}"',
        "make &>>log",
        "make |& tee log",
        "printf '%(%s)T'",
    ],
)
def test_what_only_gnu_has_is_noticed(line: str) -> None:
    assert faults(line), line
