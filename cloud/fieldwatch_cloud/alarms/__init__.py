"""From evidence to an incident that calls people: the rules of incidents and calls, over the database."""
