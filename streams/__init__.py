"""Everything that meets the outside: Kafka, HTTP, the clock, files, the command line."""
