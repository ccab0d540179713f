"""A Celery application without tasks on the portal's broker."""
from celery import Celery

from portal.config import Settings

app = Celery("standin", broker=Settings.from_environment().celery_broker)
