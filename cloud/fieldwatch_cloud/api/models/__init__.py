"""What the API takes and gives: one pydantic model per thing, for the handlers and the OpenAPI document."""
