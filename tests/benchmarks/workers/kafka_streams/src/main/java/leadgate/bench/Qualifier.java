package leadgate.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** Applies the activities of one partition to its leads, and moves those that stay silent. */
final class Qualifier implements Processor<String, Activity, String, StageChange> {
    static final String LEADS = "leads";
    private static final Duration LOOKS = Duration.ofSeconds(1);
    private static final long GRACE = Duration.ofSeconds(10).toMillis();

    private record Due(long at, String leadId) {}

    private final boolean clockRuns;
    /** When time alone moves a lead next; in memory, made anew from the store. */
    private final TreeSet<Due> dues = new TreeSet<>(Comparator.comparingLong(Due::at).thenComparing(Due::leadId));

    private ProcessorContext<String, StageChange> context;
    private KeyValueStore<String, Lead> leads;
    private int partition;
    private long nextOffset;
    private boolean idle = true;

    /** @param clockRuns whether time moves leads that stay silent; not while history is loaded */
    Qualifier(boolean clockRuns) {
        this.clockRuns = clockRuns;
    }

    @Override
    public void init(ProcessorContext<String, StageChange> context) {
        this.context = context;
        this.partition = context.taskId().partition();
        this.leads = context.getStateStore(LEADS);
        try (KeyValueIterator<String, Lead> all = leads.all()) {
            while (all.hasNext()) {
                KeyValue<String, Lead> one = all.next();
                wait(one.key, Lead.NEVER, one.value.due);
            }
        }
        if (clockRuns) {
            context.schedule(LOOKS, PunctuationType.WALL_CLOCK_TIME, this::advance);
        }
    }

    @Override
    public void process(Record<String, Activity> record) {
        long offset = context.recordMetadata().orElseThrow().offset();
        nextOffset = offset + 1;
        idle = false;
        String leadId = record.key();
        Lead known = leads.get(leadId);
        long before = known == null ? Lead.NEVER : known.due;
        Rules.Applied applied = Rules.apply(known, record.value(), partition, offset);
        if (applied.lead() != null) {
            keep(leadId, applied.lead(), before);
            say(leadId, applied.changes(), record.timestamp());
        }
    }

    /**
     * Move what is due. The clock is the wall's where nothing has come since the last look, and else
     * that of the records, so that a backlog makes no lead look quiet.
     */
    private void advance(long wallClock) {
        long clock = (idle ? wallClock : context.currentStreamTimeMs()) - GRACE;
        idle = true;
        while (!dues.isEmpty() && dues.first().at() <= clock) {
            Due due = dues.first();
            Lead lead = leads.get(due.leadId());
            List<StageChange> changes = new ArrayList<>(1);
            Rules.advance(due.leadId(), lead, due.at(), partition, nextOffset, changes);
            keep(due.leadId(), lead, due.at());
            say(due.leadId(), changes, wallClock);
        }
    }

    private void keep(String leadId, Lead lead, long dueBefore) {
        leads.put(leadId, lead);
        wait(leadId, dueBefore, lead.due);
    }

    private void wait(String leadId, long before, long due) {
        if (before == due) {
            return;
        }
        if (before != Lead.NEVER) {
            dues.remove(new Due(before, leadId));
        }
        if (due != Lead.NEVER) {
            dues.add(new Due(due, leadId));
        }
    }

    private void say(String leadId, List<StageChange> changes, long timestamp) {
        for (StageChange change : changes) {
            context.forward(new Record<>(leadId, change, timestamp));
        }
    }
}
