"""The names that APIs give to the parts of a pagination, as joined lower-case words.

``per_page``, ``perPage`` and ``page[size]`` are all one: see :func:`specloom.ir.listing.joined`.
Where a tuple is used its order is the order of preference.
"""

from __future__ import annotations

__all__ = [
    "CURSOR",
    "HAS_MORE",
    "ITEMS",
    "KEYSET",
    "NEXT_CURSOR",
    "NEXT_URL",
    "NOT_ITEMS",
    "OFFSET",
    "PAGE",
    "SIZE",
    "TOTAL",
    "TOTAL_PAGES",
]

PAGE = frozenset(("page", "pagenumber", "pagenum", "pageno", "pageindex", "currentpage", "p"))
SIZE = (
    "perpage",
    "pagesize",
    "limit",
    "size",
    "count",
    "maxresults",
    "maxitems",
    "itemsperpage",
    "resultsperpage",
    "pagelimit",
    "top",
    "rows",
    "take",
    "first",
    "max",
    "maxpagesize",
    "maxkeys",
)
OFFSET = frozenset(("offset", "skip", "startindex", "startat", "start", "pageoffset", "from"))
CURSOR = (
    "cursor",
    "pagetoken",
    "nexttoken",
    "nextcursor",
    "nextpagetoken",
    "continuationtoken",
    "continuation",
    "pagecursor",
    "pageafter",
    "startingafter",
    "after",
    "marker",
    "bookmark",
    "scrollid",
    "exclusivestartkey",
    "startkey",
    "offset",
    "page",
    "lastid",
)
KEYSET = frozenset(("startingafter", "after", "pageafter", "lastid", "since", "sinceid", "afterid"))
NEXT_CURSOR = (
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "endcursor",
    "nextpagecursor",
    "nextmarker",
    "continuationtoken",
    "nextcontinuationtoken",
    "nextpage",
    "nextoffset",
    "next",
    "cursor",
    "after",
    "startingafter",
    "scrollid",
    "bookmark",
    "lastevaluatedkey",
    "lastid",
    "marker",
    "offset",
)
HAS_MORE = frozenset(("hasmore", "hasnext", "hasnextpage", "more", "morepages", "hasmoreitems"))
TOTAL = (
    "total",
    "totalcount",
    "totalitems",
    "totalresults",
    "totalentries",
    "totalrecords",
    "totalelements",
    "totalsize",
    "resultcount",
    "itemcount",
)
TOTAL_PAGES = (
    "totalpages",
    "pagecount",
    "pagestotal",
    "numpages",
    "totalpage",
    "lastpage",
    "pages",
)
NEXT_URL = frozenset(
    (
        "next",
        "nexturl",
        "nextlink",
        "nexthref",
        "nextpage",
        "nextpageurl",
        "nextpageuri",
        "nextpagelink",
        "nexturi",
        "odatanextlink",
    )
)
ITEMS = (
    "data",
    "items",
    "results",
    "records",
    "entries",
    "values",
    "list",
    "rows",
    "content",
    "elements",
    "objects",
    "resources",
    "nodes",
    "edges",
    "hits",
    "value",
)
NOT_ITEMS = frozenset(("errors", "warnings", "links", "included", "facets", "messages"))
