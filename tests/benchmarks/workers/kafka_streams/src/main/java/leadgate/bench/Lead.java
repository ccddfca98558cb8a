package leadgate.bench;

import java.util.ArrayList;
import java.util.List;

/** What is kept of a lead; moments are ms since the epoch. */
final class Lead {
    static final int KEPT_IDS = 32;
    static final long NEVER = Long.MAX_VALUE;

    enum Stage {
        LEAD,
        MQL,
        SAL,
        SQL,
        CUSTOMER,
        RECYCLED;

        final String written = name().toLowerCase(java.util.Locale.ROOT);
    }

    /** When the pricing page gave points, and how many. */
    record Gift(long at, double points) {}

    Stage stage = Stage.LEAD;
    int seq;
    long since;
    long clock;
    long due = NEVER;
    double points;
    /** When they were that many. */
    long pointsAt;

    long stirred;
    /** Ascending. */
    final List<Gift> pricing = new ArrayList<>(4);
    /** The newest two, the older first; 0 where there was none. */
    long meetingBefore;

    long meeting;
    /** Hashes of the last ids, written round and round. */
    final long[] ids = new long[KEPT_IDS];

    int idsSeen;

    boolean holds(long id) {
        for (int place = Math.min(idsSeen, KEPT_IDS) - 1; place >= 0; place--) {
            if (ids[place] == id) {
                return true;
            }
        }
        return false;
    }

    void remember(long id) {
        ids[idsSeen++ % KEPT_IDS] = id;
    }
}
