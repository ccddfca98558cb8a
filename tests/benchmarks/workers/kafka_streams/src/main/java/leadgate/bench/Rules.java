package leadgate.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import leadgate.bench.Lead.Gift;
import leadgate.bench.Lead.Stage;
import leadgate.bench.StageChange.Cause;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;

/** The reference funnel by hand; the same as workers/rules.py, and as reference.yaml. */
final class Rules {
    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final long TOO_LATE = 7 * DAY;
    private static final double HALF_LIFE = 30.0 * DAY;
    private static final double LOWEST = 0;
    private static final double HIGHEST = 100;
    private static final double MQL_SCORE = 40;
    private static final Map<String, Double> POINTS = Map.of(
            "ebook_downloaded", 10.0,
            "white_paper_downloaded", 10.0,
            "webinar_attended", 15.0,
            "unsubscribed", -25.0);
    private static final double PRICING_POINTS = 15;
    private static final double PRICING_AT_MOST = 40;
    private static final long PRICING_PER = 7 * DAY;
    private static final Set<String> MEETINGS = Set.of("demo_completed", "meeting_agreed", "pricing_discussed");
    private static final long MEETINGS_WITHIN = 30 * DAY;
    private static final long ACCEPTED_IN = 10 * DAY;
    private static final long QUIET = 8 * DAY;
    private static final Set<String> NOT_STIRRING = Set.of("identified", "grouped");
    private static final Set<String> REJECTED = Set.of("sales_rejected", "deal_lost");
    private static final Set<String> BACK_AGAIN = Set.of("demo_requested", "pricing_requested");
    /** The type of no activity: when time alone is asked. */
    private static final String NONE = "";

    private static final DateTimeFormatter WRITTEN =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);
    private static final XXHash64 HASH = XXHashFactory.fastestInstance().hash64();

    private Rules() {}

    private record Fired(String rule, Stage to) {}

    private static final Fired TO_MQL = new Fired("to-mql", Stage.MQL);
    private static final Fired TO_SAL = new Fired("to-sal", Stage.SAL);
    private static final Fired TO_SQL = new Fired("to-sql", Stage.SQL);
    private static final Fired TO_CUSTOMER = new Fired("to-customer", Stage.CUSTOMER);
    private static final Fired NOT_ACCEPTED = new Fired("not-accepted-in-time", Stage.RECYCLED);
    private static final Fired TURNED_DOWN = new Fired("rejected", Stage.RECYCLED);
    private static final Fired GONE_QUIET = new Fired("gone-quiet", Stage.RECYCLED);
    private static final Fired BACK = new Fired("back-again", Stage.MQL);

    /** What an activity has done to its lead; {@code lead} is null where it was known already. */
    record Applied(Lead lead, List<StageChange> changes) {}

    /** Apply an activity, which lies there, to its lead (null: not known yet), which is changed in place. */
    static Applied apply(Lead known, Activity activity, int partition, long offset) {
        long at = moment(activity.occurredAt());
        byte[] id = activity.id().getBytes(UTF_8);
        long name = HASH.hash(id, 0, id.length, 0);
        List<StageChange> changes = new ArrayList<>(1);
        Lead lead = known == null ? new Lead() : known;
        if (known == null) {
            lead.since = lead.clock = at;
        } else if (lead.holds(name)) {
            return new Applied(null, changes);
        } else {
            advance(activity.leadId(), lead, at, partition, offset, changes);
        }
        lead.remember(name);
        boolean late = at < lead.clock;
        lead.clock = Math.max(lead.clock, at);
        absorb(lead, activity, at);
        Cause cause = Cause.activity(activity.id(), partition, offset);
        if (known == null) {
            changes.add(moved(activity.leadId(), lead, null, new Fired("created", Stage.LEAD), at, false, cause));
        }
        String type = at >= lead.since ? activity.type() : NONE;
        cascade(activity.leadId(), lead, type, lead.clock, late, cause, changes);
        return new Applied(lead, changes);
    }

    /** Let time move a lead: every due moment up to {@code until}, decided before the record that lies there. */
    static void advance(
            String leadId, Lead lead, long until, int partition, long offset, List<StageChange> changes) {
        while (lead.due <= until) {
            long due = lead.due;
            int before = changes.size();
            cascade(leadId, lead, NONE, due, false, Cause.due(written(due), partition, offset), changes);
            if (changes.size() > before) {
                lead.clock = due;
            }
        }
    }

    private static void absorb(Lead lead, Activity activity, long at) {
        String type = activity.type();
        if (!NOT_STIRRING.contains(type)) {
            lead.stirred = Math.max(lead.stirred, at);
        }
        if (MEETINGS.contains(type) && at > lead.meetingBefore) {
            lead.meetingBefore = Math.min(lead.meeting, at);
            lead.meeting = Math.max(lead.meeting, at);
        }
        if (lead.clock - at > TOO_LATE) {
            return;
        }
        double gift = type.equals("page_viewed")
                ? (activity.pathStartsWith("/pricing") ? pricing(lead, at) : 0)
                : POINTS.getOrDefault(type, 0.0);
        if (gift != 0) {
            double sum = score(lead, lead.clock) + gift * Math.pow(2, (at - lead.clock) / HALF_LIFE);
            lead.points = Math.min(Math.max(sum, LOWEST), HIGHEST);
            lead.pointsAt = lead.clock;
        }
    }

    /** What the pricing page still gives then: no more than the bound in the days before it. */
    private static double pricing(Lead lead, long at) {
        double given = 0;
        int place = 0;
        for (Gift gift : lead.pricing) {
            if (gift.at() <= at) {
                place++;
                given += gift.at() > at - PRICING_PER ? gift.points() : 0;
            }
        }
        double gift = Math.min(PRICING_POINTS, PRICING_AT_MOST - given);
        if (gift <= 0) {
            return 0;
        }
        lead.pricing.add(place, new Gift(at, gift));
        while (lead.pricing.get(0).at() <= lead.clock - TOO_LATE - PRICING_PER) {
            lead.pricing.remove(0);
        }
        return gift;
    }

    private static double score(Lead lead, long now) {
        return lead.points * Math.pow(2, (lead.pointsAt - now) / HALF_LIFE);
    }

    /** Fire what is true until nothing is; {@code type} is that of the activity of this stay, if there is one. */
    private static void cascade(
            String leadId, Lead lead, String type, long now, boolean late, Cause cause, List<StageChange> changes) {
        Fired fired;
        while ((fired = firstTrue(lead, type, now)) != null) {
            changes.add(moved(leadId, lead, lead.stage, fired, now, late, cause));
            type = NONE; // it is not of the stay that it has begun
        }
        lead.due = switch (lead.stage) {
            case MQL -> lead.since + ACCEPTED_IN;
            case SAL, SQL -> lead.stirred + QUIET;
            default -> Lead.NEVER;
        };
    }

    private static Fired firstTrue(Lead lead, String type, long now) {
        switch (lead.stage) {
            case LEAD:
                boolean scored = Math.rint(score(lead, now) * 1e6) / 1e6 >= MQL_SCORE;
                return scored || type.equals("demo_requested") ? TO_MQL : null;
            case MQL:
                if (type.equals("sales_accepted")) {
                    return TO_SAL;
                }
                return now >= lead.since + ACCEPTED_IN ? NOT_ACCEPTED : null;
            case SAL, SQL:
                if (type.equals("deal_won")) {
                    return TO_CUSTOMER;
                }
                if (REJECTED.contains(type)) {
                    return TURNED_DOWN;
                }
                if (lead.stage == Stage.SAL && met(lead, now)) {
                    return TO_SQL;
                }
                return now >= lead.stirred + QUIET ? GONE_QUIET : null;
            case RECYCLED:
                return BACK_AGAIN.contains(type) ? BACK : null;
            default:
                return null;
        }
    }

    private static boolean met(Lead lead, long now) {
        return lead.meetingBefore != 0 && now < lead.meetingBefore + MEETINGS_WITHIN;
    }

    private static StageChange moved(
            String leadId, Lead lead, Stage left, Fired fired, long now, boolean late, Cause cause) {
        lead.stage = fired.to();
        lead.since = now;
        lead.seq++;
        double shown = new BigDecimal(score(lead, now)).setScale(4, RoundingMode.HALF_EVEN).doubleValue();
        return new StageChange(
                leadId,
                lead.seq,
                left == null ? null : left.written,
                fired.to().written,
                fired.rule(),
                late,
                written(now),
                Map.of("engagement", shown),
                cause);
    }

    private static long moment(String text) {
        return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    }

    private static String written(long at) {
        return WRITTEN.format(Instant.ofEpochMilli(at));
    }
}
