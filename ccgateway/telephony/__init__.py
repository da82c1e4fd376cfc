"""The words that every room speaks: facts, actions, ids, hang-up causes. Pure."""
