GRANT UPDATE (returned_at) ON assignment TO portal_oversight;
