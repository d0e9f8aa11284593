-- A client's secret before the present one, sealed: it counts for a while after a new one was made, where a
-- client policy says so. How long stands in the client's settings.
ALTER TABLE client ADD COLUMN rotated_secret BLOB;

PRAGMA user_version = 9;
