"""Which of librdkafka's errors pass by themselves, and which somebody has to mend."""

from confluent_kafka import KafkaError

_UNMENDED = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError._SSL,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.UNSUPPORTED_VERSION,
    }
)


def passes(error: KafkaError) -> bool:
    """Whether asking again may help.

    Nearly everything passes: a broker that comes back answers with whatever it does not
    know yet (no leader, an older epoch, a coordinator that loads). So what does not pass
    is listed, and the rest is asked again.
    """
    return not error.fatal() and error.code() not in _UNMENDED
