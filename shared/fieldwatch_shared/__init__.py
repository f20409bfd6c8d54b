"""The contracts between edge and cloud: messages, topics, ids. Standard library and pydantic only."""
