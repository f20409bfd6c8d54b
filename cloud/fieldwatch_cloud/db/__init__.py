"""The only package that speaks to PostgreSQL: SQL in `sql/*.sql`, errors as `errors.DatabaseError`."""
