"""The room of the REST interface. Slices use it as `from portal import api`; how: docs/api.md."""
from portal.api.answers import Answer, Instant, created, etag_of, if_match, one
from portal.api.bodies import Body, Paragraph, Phrase, Query, Text, body, key, query
from portal.api.pages import Page, PageQuery, page, page_of
from portal.api.routes import ApiRoute, Spec, init_app, mount

__all__ = ["Answer", "ApiRoute", "Body", "Instant", "Page", "PageQuery", "Paragraph", "Phrase", "Query", "Spec", "Text",
           "body", "created", "etag_of", "if_match", "init_app", "key", "mount", "one", "page", "page_of", "query"]
