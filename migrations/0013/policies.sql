GRANT UPDATE (returned_at) ON assignment TO portal_oversight;
GRANT UPDATE (rooms) ON reminder_rung TO portal_oversight;
