"""Whatever bytes come from outside: a target a format, the inputs that are kept, a search for others."""
