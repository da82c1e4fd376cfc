"""One revision a file: rNNNN_what.py names it, rNNNN_what.sql does it. Never edit one that was
released; add the next."""
