"""Write the repository's address into every notebook, so that a notebook opened alone can install the library.

    python book/set_address.py              # the address of git's origin
    python book/set_address.py ADDRESS      # another one: a page of a repository on GitHub or GitLab
    python book/set_address.py --none       # no address

Commit the notebooks afterwards. After that the pages have Colab's button, too.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import book_install  # noqa: E402  (found through the line above)
import book_launch  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Write the address into the notebooks; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the repository's address into every notebook.")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("address", nargs="?", help="the repository's page; that of git's origin if left out")
    where.add_argument("--none", action="store_true", help="remove the address")
    options = parser.parse_args(arguments)
    address = ""
    if not options.none:
        given = options.address
        repository = book_launch.parse(given) if given else book_launch.of_checkout(ROOT)
        if repository is None:
            what = repr(given) if given else "no such origin"
            print(f"expected a repository on GitHub or GitLab, got {what}: give its address", file=sys.stderr)
            return 1
        address = repository.url
    notebooks = sorted((ROOT / "book").glob("*.ipynb"))
    for path in notebooks:
        book_install.write(path, address)
    print(f"{len(notebooks)} notebooks: {address or 'no address'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
