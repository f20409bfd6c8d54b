"""The handlers, one module per thing: read the request, ask `db`, answer with a model."""
