// The benchmarks: each figure beside its ceiling, measured in the same run.
// `npm run bench [-- NAME…] [--samples N] [--pods N] [--profile DIRECTORY] [--dry]`
// `--pods` is for quick tries: cold-start and board take that many pods instead of 100,000, ten events each.
import { parseArgs } from 'node:util';
import { type Figure, machine, tableOf, writeSection } from './report.ts';

export interface BenchArguments {
  /** How often each figure is taken; the median counts. */
  samples: number;
  /** How many pods the long histories have. */
  pods: number;
  /** Where CPU profiles of the processes go; absent: none are made. */
  profileTo: string | undefined;
}

export interface Bench {
  name: string;
  title: string;
  /** What stands above the two figures of a line; default: measured and ceiling. */
  columns?: string[];
  run: (options: BenchArguments) => Promise<Figure[]>;
}

const benches = await Promise.all([
  import('./webhook.ts').then(({ webhookBench }) => webhookBench),
  import('./edge.ts').then(({ edgeBench }) => edgeBench),
  import('./latency.ts').then(({ latencyBench }) => latencyBench),
  import('./collections.ts').then(({ collectionsBench }) => collectionsBench),
  import('./busy.ts').then(({ busyBench }) => busyBench),
  import('./recording.ts').then(({ recordingBench }) => recordingBench),
  import('./processes.ts').then(({ processesBench }) => processesBench),
  import('./cold-start.ts').then(({ coldStartBench }) => coldStartBench),
  import('./board.ts').then(({ boardBench }) => boardBench),
  import('./page.ts').then(({ pageBench }) => pageBench),
  import('./ablations.ts').then(({ ablationsBench }) => ablationsBench),
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: 'string', default: '3' },
    pods: { type: 'string', default: '100000' },
    profile: { type: 'string' },
    dry: { type: 'boolean', default: false },
  },
});
const names = benches.map(({ name }) => name);
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`there is no benchmark ${unknown}; there are ${names.join(', ')}\n`);
  process.exit(2);
}

process.stdout.write(`${machine()}\n`);
for (const { name, title, columns, run } of benches) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  process.stdout.write(`\n${name}: ${title}\n`);
  const { samples, pods, profile } = values;
  const figures = await run({ samples: Number(samples), pods: Number(pods), profileTo: profile });
  process.stdout.write(`${tableOf(figures, columns)}\n`);
  // What is profiled is slower.
  if (!values.dry && values.profile === undefined) {
    writeSection(name, ['npm run bench --', ...process.argv.slice(2)].join(' '), figures, columns);
  }
}
