"""From MQTT into PostGIS: acknowledged after the commit, in batches, idempotent by id."""
