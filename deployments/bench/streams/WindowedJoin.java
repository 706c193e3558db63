import java.io.File;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;

/**
 * Joins each request with the acts of the same subject in the five minutes before it and the two behind, as our
 * windows are, and writes out the request with the act behind it, or alone. It reads nothing of what the bytes say and
 * judges nothing. At least once; settings as they come, but for what is said below. What comes a day late is still
 * joined; without that its stores would have to open and drop a segment for each few minutes of the streams' time.
 *
 * Arguments: broker, topic of requests, of acts, of what is joined, folder for state, and how many events there are.
 */
public final class WindowedJoin {
    public static void main(String[] args) throws Exception {
        long events = Long.parseLong(args[5]);
        AtomicLong seen = new AtomicLong();
        AtomicLong joined = new AtomicLong();
        AtomicLong first = new AtomicLong();
        CountDownLatch all = new CountDownLatch(1);
        StreamsBuilder builder = new StreamsBuilder();
        KStream<byte[], byte[]> requests = builder.stream(args[1]);
        KStream<byte[], byte[]> acts = builder.stream(args[2]);
        KStream<byte[], byte[]> countedRequests = requests.peek((key, value) -> count(seen, first, events, all));
        KStream<byte[], byte[]> countedActs = acts.peek((key, value) -> count(seen, first, events, all));
        JoinWindows window = JoinWindows.ofTimeDifferenceAndGrace(Duration.ZERO, Duration.ofDays(1))
            .before(Duration.ofMinutes(5)).after(Duration.ofMinutes(2));
        countedRequests.leftJoin(countedActs, WindowedJoin::join, window)
            .peek((key, value) -> joined.incrementAndGet())
            .to(args[3]);

        KafkaStreams streams = new KafkaStreams(builder.build(), settings(args[0], new File(args[4])));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        if (!all.await(15, TimeUnit.MINUTES)) {
            System.err.println("saw " + seen.get() + " of " + events + " events");
            Runtime.getRuntime().halt(1);
        }
        // Closing sends what is joined and commits, as our side's end does.
        streams.close();
        long millis = (System.nanoTime() - first.get()) / 1_000_000;
        System.out.printf("{\"version\":\"%s\",\"events\":%d,\"joined\":%d,\"millis\":%d}%n",
            AppInfoParser.getVersion(), seen.get(), joined.get(), millis);
    }

    private static void count(AtomicLong seen, AtomicLong first, long events, CountDownLatch all) {
        long n = seen.incrementAndGet();
        if (n == 1) {
            first.set(System.nanoTime());
        }
        if (n == events) {
            all.countDown();
        }
    }

    private static byte[] join(byte[] request, byte[] act) {
        if (act == null) {
            return request;
        }
        byte[] both = new byte[request.length + act.length];
        System.arraycopy(request, 0, both, 0, request.length);
        System.arraycopy(act, 0, both, request.length, act.length);
        return both;
    }

    private static Properties settings(String broker, File state) {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, "windowed-join");
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        p.put(StreamsConfig.STATE_DIR_CONFIG, state.getPath());
        p.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        p.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        // One for each core, batches compressed as ours are, from the topics' start.
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        return p;
    }
}
