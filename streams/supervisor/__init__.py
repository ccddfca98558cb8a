"""Several workers of a group under one process: `leadgate worker --processes N`.

    supervisor   starts the members, starts again what has died, ends them
    member       one of them: a process, and the next one when that has ended
    endings      what the end of a member means for all; how long to wait before it is started again
    lifeline     by which a member hears that its supervisor is no more
    cores        how many processes `processes = 0` means
    pages        one address for all of them
    asking       how members are asked over HTTP
    scraping     metrics fetched from all
    merging      metrics of all, as one
    health       readiness and funnel of all, as one

A member is a plain `leadgate worker`, which knows of its supervisor only by the lifeline. The supervisor
knows nothing of Kafka or of funnels, and imports neither.
"""
