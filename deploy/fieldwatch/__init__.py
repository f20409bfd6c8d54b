"""The `fieldwatch` command: wiring over edge, cloud, models and the demo."""
