import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;

/** A small JVM with something to see in a recording: allocation, a busy thread, and a lock that is fought over. */
public final class DemoPod {
  private static final Object LOCK = new Object();
  private static final Deque<byte[]> ROWS = new ArrayDeque<>();

  public static void main(String[] args) throws InterruptedException {
    for (int i = 0; i < 2; i++) {
      Thread worker = new Thread(DemoPod::work, "shard-" + i);
      worker.setDaemon(true);
      worker.start();
    }
    System.out.println("ready");
    // Never outlives its purpose, whoever forgets to end it.
    Thread.sleep(600_000);
  }

  private static void work() {
    while (true) {
      synchronized (LOCK) {
        ROWS.addLast(new byte[8_192]);
        if (ROWS.size() > 1_000) ROWS.removeFirst();
        long sum = 0;
        for (int i = 0; i < 20_000; i++) sum += Integer.toString(i).hashCode();
        if (sum == 42) System.out.println("never");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
