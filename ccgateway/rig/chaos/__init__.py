"""Chaos: the rig's world under load, faults of all kinds injected at random, and afterwards every
call of the phones' own logs held against the record."""
