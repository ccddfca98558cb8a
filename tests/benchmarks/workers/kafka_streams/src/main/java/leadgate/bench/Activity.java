package leadgate.bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;

/** What the funnel reads of an activity. */
@JsonIgnoreProperties(ignoreUnknown = true)
record Activity(
        String id,
        @JsonProperty("lead_id") String leadId,
        String type,
        @JsonProperty("occurred_at") String occurredAt,
        Properties properties) {

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Properties(JsonNode path) {}

    /** Whether it has a path that begins so, without regard to case and surrounding space. */
    boolean pathStartsWith(String prefix) {
        return properties != null
                && properties.path() != null
                && properties.path().isTextual()
                && properties.path().textValue().strip().regionMatches(true, 0, prefix, 0, prefix.length());
    }
}
