"""Pictures that go after a while, by the rules that a reserve's manager has set."""
