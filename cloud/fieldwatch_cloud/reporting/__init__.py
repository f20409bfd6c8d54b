"""Weekly and monthly reports: gathered, drawn, written as HTML and PDF."""
