import { execa } from 'execa';
import { fileURLToPath } from 'node:url';

/** What is to be posted, each alert about another pod: `<pods>-0`, `<pods>-1`, … */
export interface PostOrder {
  /** Services, which take turns: `http://host:port`. */
  urls: readonly string[];
  /** What the names of the pods begin with; another one for each order. */
  pods: string;
  requests: number;
  alertsPerRequest: number;
  connections: number;
  /** Requests a second, whether the ones before are answered or not; absent: as fast as they are answered. */
  perSecond?: number;
  /** In the place of the alerts' own. */
  labels?: Record<string, string>;
}

/** One request that was answered 200. */
export interface Posted {
  /** The pod of its first alert. */
  pod: string;
  /** Just before it was written: milliseconds since 1970, with fractions. */
  at: number;
  answeredAfterMs: number;
}

const poster = fileURLToPath(new URL('poster.ts', import.meta.url));

/** Posts webhooks from a process of its own. Throws where one was not answered 200. */
export async function post(order: PostOrder): Promise<Posted[]> {
  const { stdout } = await execa(process.execPath, [poster], { env: { AW_POST: JSON.stringify(order) } });
  return JSON.parse(stdout) as Posted[];
}
