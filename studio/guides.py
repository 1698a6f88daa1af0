"""What a person should know of a task before bringing data, and of a method before choosing it, from its page in docs.

The page is the one source: the documentation shows it whole, the studio its first words and how a file looks.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "docs" / "tasks"
METHODS = FOLDER.parent / "methods"


def guide(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """`title`, `summary` and `sections` (Markdown by heading) of the page of a task, or of a method; empty texts where
    there is no page."""
    try:
        page = (folder / f"{name}.md").read_text(encoding="utf-8")
    except OSError:
        return {"title": "", "summary": "", "sections": {}}
    head, *parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    title, _, summary = head.removeprefix("# ").partition("\n")
    sections = {name.strip(): body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
    return {"title": title.strip(), "summary": summary.strip(), "sections": sections}
