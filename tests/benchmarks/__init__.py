"""What leadgate costs and how fast it is, beside others that do the same: ``make bench``."""
