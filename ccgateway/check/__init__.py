"""``check`` looks at a whole system (Asterisk, PostgreSQL, this machine), and names each fault with
the line that mends it. ``probe`` looks, ``judge`` decides; nothing here changes anything."""
