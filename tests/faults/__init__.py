"""What leadgate survives, on a real Kafka: killed workers, zombies, a broker that goes and comes."""
