"""The list of references labels each work as the text cites it: authors and year."""

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


def label(entry: Entry) -> str:
    """The label of a work: up to two last names, or the first and "et al.", and the year.

    Example:
        >>> from pybtex.database import Person
        >>> label(Entry("book", {"year": "2021"}, {"author": [Person("Chaman, Anadi"), Person("Dokmanić, Ivan")]}))
        'Chaman and Dokmanić, 2021'
    """
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join(str(part) for part in person.rich_prelast_names + person.rich_last_names) for person in people]
    who = names[0] + " et al." if len(names) > 2 else " and ".join(names)
    return f"{who or entry.fields['title']}, {entry.fields['year']}"


class AuthorYearLabels(BaseLabelStyle):
    """Labels such as "Chaman and Dokmanić, 2021"."""

    def format_labels(self, sorted_entries):
        """The label of each entry."""
        return map(label, sorted_entries)


class AuthorYearStyle(PlainStyle):
    """Entries as in pybtex's "plain", sorted by author and year, with those labels."""

    default_label_style = AuthorYearLabels


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the style known as `bibtex_default_style: author_year`."""
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
