"""Saying something to people: posted in the transaction that caused it, delivered in the receivers' unit."""
from collections.abc import Mapping
from functools import partial

from portal.notices.service.channels import ChannelFacts, add_channel, change_channel, remove_channel, say_to_room, try_channel
from portal.notices.service.choices import mark_read, prefer, set_rules
from portal.notices.service.delivering import House, deliver
from portal.notices.service.letters import ANSWER_LINK, digest, send
from portal.notices.service.seeing import Sees
from portal.notices.service.telling import TOPIC, parcel, tell
from portal.outbox import service as outbox
from portal.webhooks import Allowed

MAIL, DIGEST, CHAT, WEBHOOK = "mail", "digest", "chat", "webhook"
__all__ = ["ANSWER_LINK", "CHAT", "DIGEST", "MAIL", "TOPIC", "WEBHOOK", "ChannelFacts", "House", "Sees", "add_channel",
           "change_channel", "deliver", "handlers", "mark_read", "parcel", "prefer", "remove_channel", "send", "set_rules", "tell",
           "try_channel"]


def handlers(base_url: str, mail_url: str, *, sees: Sees | None = None, webhook_hosts: str = "") -> Mapping[str, outbox.Handler]:
    """Who delivers which topic. `sees` says of each kind of thing whether a person may see one now. Without `mail_url` letters
    are written and kept, and go nowhere."""
    room = partial(say_to_room, base_url=base_url, sees=sees, allowed=Allowed(webhook_hosts))
    return {TOPIC: partial(deliver, base_url=base_url, by_mail=bool(mail_url), by_chat=True, sees=sees),
            DIGEST: partial(digest, base_url=base_url, by_mail=bool(mail_url), sees=sees),
            MAIL: partial(send, base_url=base_url, mail_url=mail_url, sees=sees),
            CHAT: room, WEBHOOK: room}
