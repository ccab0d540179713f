"""`portal up` with the smallest web and background programs: what is under test is the supervisor."""
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["PYTHONPATH"] = f"{Path(__file__).parent}:{os.environ['PYTHONPATH']}"

from portal import migrate, plugins, supervisor
from portal.config import Settings

supervisor.WEB, supervisor.BACKGROUND = os.environ.get("STANDIN_WEB", "standin_web:app"), "standin_tasks"
migrate.newest = lambda: None
plugins.invoke = lambda name, arguments: print("portal:", name, *arguments, flush=True) or True
supervisor.up(Settings.from_environment(), port=int(sys.argv[1]), demo=True, reload=False)
