"""Checks that every relative link and heading anchor in the repository's Markdown leads somewhere."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def anchors(text):
    """The anchors of a file's headings, as GitHub makes them."""
    for heading in re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.M):
        words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        yield words.replace(" ", "-")


def main():
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()
    broken = []
    for name in names:
        file = ROOT / name
        text = file.read_text()
        for target in LINK.findall(FENCE.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            goal = (file.parent / path) if path else file
            if not goal.exists():
                broken.append(f"{name}: {target}: no such file")
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text()):
                broken.append(f"{name}: {target}: no such heading")
    print("\n".join(broken) or f"{len(names)} Markdown files: all links resolve")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
