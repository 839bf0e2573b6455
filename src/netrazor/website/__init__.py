"""The project's site: certificates beside published bounds, one of them checked and run in the browser."""

from netrazor.website.bundling import bundle
from netrazor.website.entries import Entry, read_entries
from netrazor.website.published_bounds import Board, PublishedBound, read_board
from netrazor.website.writing_site import write_site

__all__ = ["Board", "Entry", "PublishedBound", "bundle", "read_board", "read_entries", "write_site"]
