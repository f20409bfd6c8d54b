"""The service: ingest into PostGIS, counts and incidents out, over an API that needs an account."""
