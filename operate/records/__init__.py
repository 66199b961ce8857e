"""The records of users: copied, checked, and compared between places."""
