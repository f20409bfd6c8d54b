"""Something new for many nodes, a few at a time: stopped and taken back by itself where it does harm."""
