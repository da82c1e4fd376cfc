"""The one loop: fact -> board -> store, live feed, decisions -> actions."""
