"""One province calls its lights in its own way: its pages show it, the board does not."""
from sqlalchemy import select

from portal.admin import service
from portal.legends import Sign, setting_of
from seed.demo.stage import Stage
from tenants.db import db
from tenants.isolation import acting_as
from tenants.models import Setting, Unit

UNIT = "sichuan"
LEGEND = {"red": Sign("violet", "Past its day", "已超期"), "amber": Sign("amber", "Needs a push", "需加快"),
          "green": Sign("teal", "In step", "有序推进"), "blue": Sign("blue", "At headquarters", "总部核验中"),
          "closed": Sign("green", "Struck off", "已销号"), "grey": Sign("grey", "Still ahead", "未启动")}


def speak(stage: Stage) -> int:
    """How many units have a legend of their own then; the second time it is there already."""
    if UNIT not in stage.staff:
        return 0
    admin = stage.identity(("admin", "hq"))
    with acting_as(admin.scope(writing=True)):
        unit = db.session.get_one(Unit, stage.staff[UNIT].unit_id)
        if db.session.scalar(select(Setting.id).where(Setting.name == setting_of(unit.id))) is None:
            service.set_legend(unit, LEGEND, version=0, actor=admin)
            db.session.commit()
    return 1
