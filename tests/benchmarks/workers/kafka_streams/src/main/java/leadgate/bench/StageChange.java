package leadgate.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/** What is said of a move. */
record StageChange(
        @JsonProperty("lead_id") String leadId,
        int seq,
        String from,
        String to,
        String rule,
        boolean late,
        @JsonProperty("occurred_at") String occurredAt,
        Map<String, Double> scores,
        Cause cause) {

    /** An activity, which lies there; or time, before the record that lies there. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Cause(
            @JsonProperty("activity_id") String activityId,
            String due,
            int partition,
            Long offset,
            @JsonProperty("before_offset") Long beforeOffset) {

        static Cause activity(String id, int partition, long offset) {
            return new Cause(id, null, partition, offset, null);
        }

        static Cause due(String moment, int partition, long beforeOffset) {
            return new Cause(null, moment, partition, null, beforeOffset);
        }
    }
}
