"""The embedded default: our own PostgreSQL and mosquitto, from the system's packages."""
