"""Whether the tests notice: the rules with one thing changed, and the tests that must fail then."""
