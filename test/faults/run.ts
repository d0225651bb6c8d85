// The fault suite: real processes, a real nats-server, a seeded choice of faults while alerts keep coming, and the audit after
// each round. `npm run test:faults -- --seed S --rounds N --services 3 [--cluster] [--edge] [--keep]`
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../support/random.ts';
import { runRound } from './round.ts';
import { createSender } from './sender.ts';
import { createWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomInt(1e9)) },
    rounds: { type: 'string', default: '20' },
    services: { type: 'string', default: '3' },
    cluster: { type: 'boolean', default: false },
    edge: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

const random = createRandom(values.seed);
const directory = join(tmpdir(), `alert-watcher-faults-${values.seed}-${String(process.pid)}`);
const say = (line: string) => process.stdout.write(`${line}\n`);
const kind = `${values.cluster ? 'a three-node cluster' : 'one nats-server'}${values.edge ? ', the last service at the edge' : ''}`;
say(`seed ${values.seed}, ${values.rounds} rounds, ${values.services} services, ${kind}, in ${directory}`);

const world = await createWorld({ directory, services: Number(values.services), cluster: values.cluster, edge: values.edge }); // prettier-ignore
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void world.close().finally(() => process.exit(130)));
}
const sender = createSender(world.services, random.fork('sender'));
const byFault = new Map<string, number>();
let pods = 0;
let broken = 0;
let done = 0;
const startedAt = performance.now();
try {
  for (let number = 1; number <= Number(values.rounds); number += 1) {
    const report = await runRound(world, sender, random.fork(String(number)), number);
    for (const fault of report.faults) byFault.set(fault, (byFault.get(fault) ?? 0) + 1);
    pods += report.pods;
    done += 1;
    const seconds = (report.tookMs / 1_000).toFixed(1);
    const verdict = report.violations.length === 0 ? 'kept' : 'BROKEN';
    say(
      `round ${String(number)}: ${verdict}, ${seconds} s, ${String(report.pods)} pods: ${report.faults.join(' + ')}`,
    );
    if (report.violations.length === 0) continue;
    broken += 1;
    for (const line of report.violations) say(`    ${line}`);
    // What follows would only show the same broken history again.
    break;
  }
} finally {
  if (broken > 0 || values.keep) {
    await world.services.close();
    await world.nats.close();
    await world.s3.close();
    say(`kept for a look: ${directory}`);
  } else {
    await world.close();
  }
}

const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
say(`\n${String(done)} rounds in ${minutes} minutes, seed ${values.seed}`);
for (const [fault, count] of [...byFault].sort(([a], [b]) => a.localeCompare(b)))
  say(`  ${String(count).padStart(5)}  ${fault}`);
const answers = [...sender.answers].map(([answer, count]) => `${answer}: ${String(count)}`).sort();
say(
  `${String(pods)} pods alerted, ${String(sender.accepted.size)} alerts accepted in ${String(sender.sent)} requests (${answers.join(', ')})`,
);
say(
  `${String(world.s3.objects.size)} recordings in S3, ${String(world.uploaded.size)} at all destinations, ${String(broken)} rounds with violations`,
);
say(
  broken === 0
    ? `${String(done)} passed, 0 failed`
    : `${String(done - broken)} passed, ${String(broken)} failed`,
);
process.exitCode = broken === 0 ? 0 : 1;
