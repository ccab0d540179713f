"""What the web server loads: `portal.wsgi:app`."""
from portal import process
from portal.app import create_app
from portal.config import Settings, SetupFault

_settings = Settings.from_environment()
if any(_settings.embedded):
    raise SetupFault("DATABASE_URL and BROKER_URL are not set: start the portal with portal up, which sets them")
app = create_app(_settings)
process.settle()
