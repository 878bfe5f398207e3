"""``python -m experiments`` lists the experiments; ``python -m experiments NAME [run|report]`` runs one."""

import logging
import sys

from experiments import options as command_line
from experiments.catalogue import ENTRIES, Entry, find, listing

USAGE = "python -m experiments NAME [run|report] [options]; NAME --help explains its options"


def split_name(words: list[str]) -> tuple[str, list[str]]:
    """Split a command line into the name of an experiment, of one or two words, and the rest.

    Example:
        >>> split_name(["speed", "sampler", "--rounds", "5"]), split_name(["table1", "run"])
        (('speed sampler', ['--rounds', '5']), ('table1', ['run']))
    """
    leading = words[: next((k for k, word in enumerate(words) if word.startswith("-")), len(words))]
    for count in (2, 1):
        name = " ".join(leading[:count])
        if len(leading) >= count and any(entry.name == name for entry in ENTRIES):
            return name, words[count:]
    count = 1 if leading[1:2] in ([], ["run"], ["report"]) else 2
    return " ".join(leading[:count]), words[count:]


def main(words: list[str] | None = None) -> int:
    """Run a command. Return 0; 2, with one line on stderr, for a wrong command; or 130 after Ctrl-C."""
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help"):
        print(f"{USAGE}\n\n{listing()}")
        return 0
    name, rest = split_name(words)
    group = tuple(entry for entry in ENTRIES if entry.name.startswith(f"{name} "))
    if group and not any(entry.name == name for entry in ENTRIES):
        print(listing(group))
        return 0
    try:
        entry = find(name)
        options = command_line.parse(entry, rest)
        return _work(entry, options)
    except Exception as error:
        from stn_lib._command_line import explain  # here, so that the listing imports no library

        message = explain(error)
        if message is None:
            raise
        print(f"python -m experiments {name}: {message}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on with what is missing", file=sys.stderr)
        return 130


def _work(entry: Entry, options) -> int:
    logging.basicConfig(format="%(message)s")
    for name in ("stn_lib", "experiments"):  # where a run resumes, which mirror is tried, which row was stopped
        logging.getLogger(name).setLevel(logging.INFO)
    module = entry.load()
    if not hasattr(module, "EXPERIMENT"):
        return module.main(options)
    from experiments import runner  # it imports torch, so only after the command line has been checked

    if options.action == "run":
        left = runner.run(entry, options)
        if left:
            print(f"{left} rows left; the same command resumes")
            return 0
    print(runner.report(entry, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
