import type { FastifyInstance } from 'fastify';
import type { Config, Role } from './config/config.ts';
import type { EventType } from './events/catalogue.ts';
import type { Found, Sought } from './http/search.ts';
import type { Fold } from './kernel/fold/read-model.ts';
import type { ReactorMetrics } from './kernel/react/metrics.ts';
import type { Connection } from './log/connection.ts';
import type { Worker } from './log/consume/consume.ts';
import type { Follower } from './log/consume/follow.ts';
import type { Definitions } from './log/streams/definitions.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Tracing } from './telemetry/tracing.ts';

/** What every feature is given. */
export interface Parts {
  config: Config;
  connection: Connection;
  definitions: Definitions;
  logger: Logger;
  /** Makes metrics. */
  metrics: Metrics;
  reactorMetrics: ReactorMetrics;
  tracing: Tracing;
  /** How far the boards are with the log. */
  follower: Pick<Follower, 'isCaughtUp' | 'lastApplied'>;
  /** Reads of the stream, a few at once for all who ask, so that webhooks are not held up. Throws LogUnavailable. */
  reads: <T>(read: () => Promise<T>) => Promise<T>;
  /** Aborted, with the failure as its reason, when running work is to be handed back. */
  handBack: AbortSignal;
  /** RFC 3339, by the clock of nats-server. */
  now: () => string;
}

/** A durable consumer of a feature: the role that works for it, the parts that it writes events as, and the events that it is given. */
export interface DurableRow {
  role: Role;
  /** As in ce-source: the NATS user of the role may write their events. */
  parts: readonly string[];
  /** Each type, narrowed to some tokens of its subjects: `streams/consumers/<durable>.json` filters by these. */
  reads: Partial<Record<EventType, Readonly<Record<string, string>>>>;
}

/** A reactor, and the durable consumer that it works for. */
export interface ReactorRow {
  role: Role;
  durable: string;
  start: () => Worker;
}

/** What a feature brings. */
export interface Feature {
  /** What it folds the log into. */
  folds: readonly Fold[];
  /** Registers the routes that this process serves by its roles. */
  routes: (server: FastifyInstance) => void;
  reactors: readonly ReactorRow[];
  /** Done before its reactors start, in a process that runs any; the boards are caught up. */
  prepare?: () => Promise<void>;
  /** What it finds for somebody who types, in a process with the role api. Where the log cannot be read, it finds less. */
  search?: (sought: Sought) => Promise<Found[]>;
  /** What an operator should know although the process is ready. Asked at each request to `/ready`: it answers at once. */
  details?: () => readonly { name: string; sentence: string; action: string }[];
  /** Answers what processes at the edge ask this one to do for them. Returns what ends it. */
  answerEdge?: (onError: (error: unknown) => void) => () => Promise<void>;
}
