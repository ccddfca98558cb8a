"""Activities to try leadgate with: a believable population, or very many very fast."""

from streams.simulation.bulk import bulk
from streams.simulation.live import live
from streams.simulation.population import activities_per_lead, endless, population
from streams.simulation.sending import ToTopic, dated_when_sent, encode, paced, records

__all__ = [
    "ToTopic",
    "activities_per_lead",
    "bulk",
    "dated_when_sent",
    "encode",
    "endless",
    "live",
    "paced",
    "population",
    "records",
]
