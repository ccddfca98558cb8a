package leadgate.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** The reference funnel on Kafka Streams: one thread, exactly once, leads in memory with a changelog. */
public final class Main {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectReader ACTIVITY = JSON.readerFor(Activity.class);
    private static final ObjectWriter STAGE_CHANGE = JSON.writerFor(StageChange.class);

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        Map<String, String> asked = System.getenv();
        KafkaStreams streams = new KafkaStreams(topology(asked), settings(asked));
        CountDownLatch ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(error -> StreamThreadExceptionResponse.SHUTDOWN_CLIENT);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
                ended.countDown();
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        ended.await();
    }

    private static Topology topology(Map<String, String> asked) {
        boolean clockRuns = asked.get("BENCH_HISTORY").isEmpty();
        // Cached: of a lead that changes twice in a transaction the changelog takes the last.
        StoreBuilder<KeyValueStore<String, Lead>> leads = Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore(Qualifier.LEADS), Serdes.String(), new LeadSerde())
                .withCachingEnabled();
        return new Topology()
                .addSource("activities", new StringDeserializer(), activities(), asked.get("BENCH_ACTIVITIES"))
                .addProcessor("qualifier", () -> new Qualifier(clockRuns), "activities")
                .addStateStore(leads, "qualifier")
                .addSink(
                        "stage-changes",
                        asked.get("BENCH_STAGE_CHANGES"),
                        new StringSerializer(),
                        stageChanges(),
                        "qualifier");
    }

    private static Properties settings(Map<String, String> asked) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, asked.get("BENCH_NAME"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, asked.get("BENCH_BOOTSTRAP"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, asked.get("BENCH_DATA"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueExceptionHandler.class);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        // As leadgate's: less for the broker to write.
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        return settings;
    }

    private static Deserializer<Activity> activities() {
        return (topic, json) -> {
            try {
                return json == null ? null : ACTIVITY.readValue(json);
            } catch (IOException error) {
                throw new SerializationException("this is not an activity", error);
            }
        };
    }

    private static Serializer<StageChange> stageChanges() {
        return (topic, change) -> {
            try {
                return STAGE_CHANGE.writeValueAsBytes(change);
            } catch (JsonProcessingException error) {
                throw new SerializationException("this stage change cannot be written", error);
            }
        };
    }
}
