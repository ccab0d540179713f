"""Thin: each hour the plans of bulletins are looked at; one whose day has come composes a draft, once a period."""
from portal.bulletins import service
from portal.bulletins.views import paper
from tasks.celery import Counts, PlainTask, celery


@celery.task(base=PlainTask)
def compose() -> Counts:
    """The service enters the scope of headquarters, anew for each plan."""
    found = service.run_plans(paper.document)
    return {"composed": found.composed, "published": found.published, "empty": found.empty, "failed": found.failed}
