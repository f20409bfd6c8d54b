"""Numbers from records: independent events, effort, rates. Pure: no database, no I/O.

PostgreSQL does the set-based work (`db/sql/counts.sql`); what it must answer is written down here in plain
Python and compared with it on random data in the tests.
"""
