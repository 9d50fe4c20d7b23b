"""The job table: its contract, its databases, and the one journal that writes to it."""
