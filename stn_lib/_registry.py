"""Look up a declaration by its name."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

Entry = TypeVar("Entry")


def look_up(kind: str, name: str, registry: Mapping[str, Entry], alternative: str = "") -> Entry:
    """Return an entry of a registry.

    Args:
        kind: what the registry holds, for the message.
        name: of the entry.
        registry: entries by name.
        alternative: what the caller accepts besides a name, for the message: ``" or a Distortion"``.

    Raises:
        ValueError: for an unknown name; the message lists the known names and suggests the nearest one.

    Example:
        >>> look_up("fruit", "aple", {"apple": 1, "pear": 2})
        Traceback (most recent call last):
        ValueError: expected fruit in ['apple', 'pear'], got 'aple': did you mean 'apple'?
    """
    if isinstance(name, str) and name in registry:
        return registry[name]
    by_lower_case = {known.lower(): known for known in registry}
    near = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1)
    hint = f": did you mean {by_lower_case[near[0]]!r}?" if near else ""
    raise ValueError(f"expected {kind} in {sorted(registry)}{alternative}, got {name!r}{hint}")
