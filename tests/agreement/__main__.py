"""Agreement with real expected events, and the table of real files.

    python -m tests.agreement FOLDER [intelmq] [n6] [files] [--samples]

FOLDER holds intelmq/, n6/ and any archives of real feeds; nothing of it belongs into this repository.
Exit 1 when a field differs without a reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.agreement import compare, files, intelmq, n6


def main(arguments: list[str]) -> int:
    """Print what was asked for, or all."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    if not names:
        print(__doc__)
        return 2
    folder, parts = Path(names[0]), set(names[1:]) or {"intelmq", "n6", "files"}
    unexplained = 0
    for part, module in (("intelmq", intelmq), ("n6", n6)):
        if part in parts:
            for outcome in compare.run(module.cases(folder / part), module.REASONS).values():
                print(compare.report(outcome), end="\n\n")
                unexplained += len(outcome.unexplained)
    if "files" in parts:
        rows = list(files.table(folder))
        print(files.report(rows))
        if "--samples" in arguments:
            for row in rows:
                for reason, shown in row.shown.items():
                    print(f"\n{row.archive} {row.format} {reason}\n  {shown}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
