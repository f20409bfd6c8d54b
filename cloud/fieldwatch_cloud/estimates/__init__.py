"""From a question to an estimate: reads what a method needs, asks `counts`, and says how far it bears."""
