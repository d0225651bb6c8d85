import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { type AuditResult, createAudit } from '../collection/audit/audit.ts';
import { inOrder } from '../kernel/audit/violation.ts';
import type { Bucket } from '../collection/audit/strays.ts';
import { violationOf } from '../collection/audit/promises.ts';
import { decidedUpToOf } from '../collection/read/explanations.ts';
import { ConfigError } from '../config/fault.ts';
import { beginningOf, type Ends } from '../log/streams/beginning.ts';
import { serverTimeOf } from '../log/clock.ts';
import type { Connection } from '../log/connection.ts';
import { recordingsBucket, streamName } from '../log/streams/definitions.ts';
import { listObjects } from '../log/objects/store.ts';
import { readRange } from '../log/read.ts';
import { createLooker } from './audit/look.ts';
import { exitCodes, streamError } from './terminal/exit-codes.ts';
import { createProgress, type ProgressLine } from './terminal/progress.ts';
import { type Findings, jsonOf, textOf } from './audit/text.ts';
import { withExistingLog } from './existing-log.ts';

interface Options {
  stream: string;
  accepted?: string;
  settled?: boolean;
  deep?: boolean;
  destination: boolean;
  json?: boolean;
}

export const auditCommand = new Command('audit')
  .description(
    'read a whole stream and the destinations, and say which promises are broken by which events; changes nothing',
  )
  .option('--stream <name>', 'the stream to read, such as a copy or a mirror', streamName)
  .option('--accepted <file>', 'ids of alerts, one a line, that a sender was told are accepted')
  .option(
    '--settled',
    'nothing should be under way: a run without an end, or an undecided alert, breaks a promise',
  )
  .option('--deep', 'download every recording and hash its bytes')
  .option('--no-destination', 'do not look at the recordings')
  .option('--json', 'one JSON object')
  .action(async (options: Options) => {
    const accepted = options.accepted === undefined ? [] : await readLines(options.accepted);
    const findings = await withExistingLog((connection) => audit(connection, options, accepted));
    process.stdout.write(options.json ? jsonOf(findings) : textOf(findings));
    process.exitCode = findings.violations.length === 0 ? exitCodes.done : exitCodes.failed;
  });

async function audit(connection: Connection, options: Options, accepted: string[]): Promise<Findings> {
  const { stream, destination, settled = false } = options;
  const progress = createProgress(process.stderr);
  try {
    const { ends, nowMs: beganAtMs } = await lookAt(connection, stream);
    const audit = createAudit(await beginningOf(connection, stream, ends));
    // Before the stream is read: what is uploaded or decided from now on may not be on it.
    const bucket = destination ? await listBucket(connection) : undefined;
    const decidedUpTo = await decidedUpToOf({ connection, stream });
    for await (const message of readRange(connection, stream, { filter: 'aw.>' })) {
      audit.apply(message);
      progress.step('messages read');
    }
    const timers = await timersOn(connection, stream);
    const { nowMs: endedAtMs } = await lookAt(connection, stream);
    const result = audit.finish({
      ...{ settled, accepted, timers, reading: { beganAtMs, endedAtMs } },
      ...(bucket ? { bucket } : {}),
      ...(decidedUpTo === undefined ? {} : { decidedUpTo }),
    });
    if (!destination) return { ...result, checked: undefined };
    return await checkRecordings(connection, result, options.deep ?? false, progress);
  } finally {
    progress.end();
  }
}

/** Recordings that are looked at at once. */
const lookingAtOnce = 8;

async function checkRecordings(
  connection: Connection,
  result: AuditResult,
  deep: boolean,
  progress: ProgressLine,
): Promise<Findings> {
  const looker = createLooker(connection, deep);
  const violations = [...result.violations];
  const notes = [...result.notes];
  let checked = 0;
  const next = result.recordings.values();
  const takeTurns = async () => {
    for (const recording of next) {
      const look = await looker.look(recording);
      const { about, sequence } = recording;
      if (look && 'unknown' in look) notes.push({ what: look.unknown, ...about, sequences: [sequence] });
      else checked += 1;
      if (look && 'wrong' in look) violations.push(violationOf(3, look.wrong, about, [sequence]));
      progress.step('recordings checked');
    }
  };
  try {
    await Promise.all(Array.from({ length: lookingAtOnce }, takeTurns));
  } finally {
    looker.close();
  }
  return { ...result, violations: violations.sort(inOrder), notes, checked };
}

/** The state of a stream, and the time of its server. A stream that is not there would look as if nothing were broken. */
async function lookAt({ jsm }: Connection, stream: string): Promise<{ ends: Ends; nowMs: number }> {
  const info = await jsm.streams.info(stream).catch((error: unknown) => {
    throw streamError(error, `read stream ${stream}`);
  });
  const serverMs = serverTimeOf(info);
  return { ends: info.state, nowMs: Number.isNaN(serverMs) ? Date.now() : serverMs };
}

/** Again at the end: those that were moved while the stream was read lie behind what was read. */
async function timersOn(connection: Connection, stream: string): Promise<string[]> {
  const subjects: string[] = [];
  for await (const { subject } of readRange(connection, stream, { filter: 'aw.schedule.>' }))
    subjects.push(subject);
  return subjects;
}

async function listBucket(connection: Connection): Promise<Bucket> {
  const objects = await listObjects(connection, recordingsBucket);
  return { name: recordingsBucket, objects: objects.map(({ name }) => name) };
}

async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  });
  return text.split('\n').flatMap((line) => line.trim() || []);
}
