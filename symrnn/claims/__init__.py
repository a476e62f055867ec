"""Somebody's statements about a recurrence: what they mean, whether they are true, where they go wrong and how to mend them."""
