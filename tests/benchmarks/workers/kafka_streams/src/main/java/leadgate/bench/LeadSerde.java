package leadgate.bench;

import java.nio.ByteBuffer;
import leadgate.bench.Lead.Gift;
import leadgate.bench.Lead.Stage;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** A lead as bytes: its numbers one after the other. */
final class LeadSerde implements Serde<Lead> {
    private static final Stage[] STAGES = Stage.values();
    private static final int FIXED = 1 + 4 + 8 * 8 + 1 + 4;

    @Override
    public Serializer<Lead> serializer() {
        return (topic, lead) -> lead == null ? null : encode(lead);
    }

    @Override
    public Deserializer<Lead> deserializer() {
        return (topic, bytes) -> bytes == null ? null : decode(ByteBuffer.wrap(bytes));
    }

    private static byte[] encode(Lead lead) {
        int ids = Math.min(lead.idsSeen, Lead.KEPT_IDS);
        ByteBuffer out = ByteBuffer.allocate(FIXED + 16 * lead.pricing.size() + 8 * ids);
        out.put((byte) lead.stage.ordinal()).putInt(lead.seq);
        out.putLong(lead.since).putLong(lead.clock).putLong(lead.due);
        out.putDouble(lead.points).putLong(lead.pointsAt);
        out.putLong(lead.stirred).putLong(lead.meetingBefore).putLong(lead.meeting);
        out.put((byte) lead.pricing.size()).putInt(lead.idsSeen);
        for (Gift gift : lead.pricing) {
            out.putLong(gift.at()).putDouble(gift.points());
        }
        for (int place = 0; place < ids; place++) {
            out.putLong(lead.ids[place]);
        }
        return out.array();
    }

    private static Lead decode(ByteBuffer in) {
        Lead lead = new Lead();
        lead.stage = STAGES[in.get()];
        lead.seq = in.getInt();
        lead.since = in.getLong();
        lead.clock = in.getLong();
        lead.due = in.getLong();
        lead.points = in.getDouble();
        lead.pointsAt = in.getLong();
        lead.stirred = in.getLong();
        lead.meetingBefore = in.getLong();
        lead.meeting = in.getLong();
        int gifts = in.get();
        lead.idsSeen = in.getInt();
        for (int number = 0; number < gifts; number++) {
            lead.pricing.add(new Gift(in.getLong(), in.getDouble()));
        }
        int ids = Math.min(lead.idsSeen, Lead.KEPT_IDS);
        for (int place = 0; place < ids; place++) {
            lead.ids[place] = in.getLong();
        }
        return lead;
    }
}
