import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Cluster } from './cluster.ts';
import { answer } from './stand-in.ts';

/** Runs as a program: the cluster is in a file, as JSON. */
export function runProgram(file: string): void {
  const cluster = JSON.parse(readFileSync(file, 'utf8')) as Cluster;
  const { exitCode, stdout = '', stderr = '' } = answer(cluster, process.argv.slice(2));
  // Several may run at once: none reads half of what another one writes.
  writeFileSync(`${file}.${String(process.pid)}`, JSON.stringify(cluster));
  renameSync(`${file}.${String(process.pid)}`, file);
  process.stderr.write(stderr);
  process.stdout.write(stdout, () => process.exit(exitCode));
}
