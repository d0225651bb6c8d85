import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz, type Violation } from './input/run.ts';
import { startService } from './input/service.ts';

const usage = `Posts changed bodies to every route of a real service that takes them, with and without what it asks for, and checks what must always be so.

node test/faults/fuzz.ts [--seed S] [--bodies N] [--from INDEX] [--concurrency C]
`;
const maxFiles = 50;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main();

/** Exit code 1 where something happened that must never happen; the body is in a file then. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      bodies: { type: 'string', default: '100000' },
      from: { type: 'string', default: '0' },
      concurrency: { type: 'string', default: '24' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [seed, bodies, from, concurrency] = [values.seed, values.bodies, values.from, values.concurrency].map(
    Number,
  );
  if (![seed, bodies, from, concurrency].every(Number.isSafeInteger)) throw new RangeError(usage);
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`;
  process.stdout.write(`seed ${values.seed}, ${values.bodies} bodies\n`);
  await using service = await startService();
  const onProgress = (done: number) => {
    if (done % 5_000 === 0) process.stdout.write(`${String(done)} bodies, ${seconds()}\n`);
  };
  const options = { seed: seed ?? 0, bodies: bodies ?? 0, from: from ?? 0, concurrency: concurrency ?? 1 };
  const { violations, ...figures } = await fuzz(service, { ...options, onProgress });
  const summary = { ...options, took: seconds(), ...figures, violations: violations.length };
  process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  if (violations.length > 0) await report(options.seed, violations);
  return violations.length > 0 ? 1 : 0;
}

async function report(seed: number, violations: Violation[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'alert-watcher-violations-'));
  for (const [number, { fault, request }] of violations.slice(0, maxFiles).entries()) {
    const file = join(folder, `${String(number)}.json`);
    const body = request
      ? { text: request.body.toString('utf8'), base64: request.body.toString('base64') }
      : {};
    await writeFile(file, JSON.stringify({ seed, fault, ...request, body }, null, 2));
    process.stdout.write(`body ${String(request?.index ?? '-')}: ${fault.slice(0, 300)}\n  ${file}\n`);
  }
}
