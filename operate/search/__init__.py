"""The search table: its generations, filled, checked and dropped."""
